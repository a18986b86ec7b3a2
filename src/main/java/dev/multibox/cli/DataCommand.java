package dev.multibox.cli;

import dev.multibox.data.ShapesGenerator;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code multibox data}: making data sets. */
@Command(
    name = "data",
    description = "Make data sets.",
    synopsisSubcommandLabel = "COMMAND",
    subcommands = DataCommand.Shapes.class,
    footer = {"", "Example:", "  multibox data shapes --out data/shapes"})
final class DataCommand implements Runnable {
  @Spec private CommandSpec spec;

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "No command given");
  }

  /** {@code multibox data shapes}. */
  @Command(
      name = "shapes",
      description =
          "Draw a data set of six shapes on textured backgrounds, in VOC layout. The same seed gives"
              + " the same files.",
      sortOptions = false,
      footer = {
        "",
        "Examples:",
        "  multibox data shapes",
        "  multibox data shapes --out /tmp/shapes --train 500 --val 50 --test 50 --size 300"
      })
  static final class Shapes implements Callable<Integer> {
    @Spec private CommandSpec spec;

    @Option(
        names = "--out",
        paramLabel = "DIR",
        description = "A folder that is new or empty (${DEFAULT-VALUE}).")
    private Path out = Path.of("data", "shapes");

    @Option(names = "--train", description = "Images of split train (${DEFAULT-VALUE}).")
    private int train = 2000;

    @Option(names = "--val", description = "Images of split val (${DEFAULT-VALUE}).")
    private int validation = 200;

    @Option(names = "--test", description = "Images of split test (${DEFAULT-VALUE}).")
    private int test = 200;

    @Option(
        names = "--size",
        paramLabel = "PIXELS",
        description = "The side of a square image; others have about its area (${DEFAULT-VALUE}).")
    private int size = 128;

    @Option(names = "--seed", description = "What is drawn follows from it (${DEFAULT-VALUE}).")
    private long seed = 1;

    @Override
    public Integer call() throws IOException {
      if (train < 0 || validation < 0 || test < 0) {
        throw UserError.of(
            "--train, --val, --test: were %d, %d, %d, wanted none below 0",
            train, validation, test);
      }
      if (size < 32) {
        throw UserError.of("--size: was %d, wanted at least 32 pixels", size);
      }
      Outputs.requireNew(out);
      new ShapesGenerator(seed)
          .write(out, new ShapesGenerator.Counts(train, validation, test), size);
      PrintWriter console = spec.commandLine().getOut();
      console.printf(
          "%s: %d images for training, %d for validation, %d for testing%n",
          out, train, validation, test);
      console.flush();
      return ExitCode.DONE;
    }
  }
}
