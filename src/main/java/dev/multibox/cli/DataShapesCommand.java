package dev.multibox.cli;

import dev.multibox.data.ShapesGenerator;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code multibox data shapes}: draws the data set of coloured shapes. */
@Command(
    name = "shapes",
    header = "Draw a data set of coloured shapes.",
    description =
        "The shapes lie on textured backgrounds; the folder has PASCAL VOC's layout. The same seed"
            + " gives the same files on every machine.",
    sortOptions = false,
    footer = {
      "",
      "Examples:",
      "  multibox data shapes",
      "  multibox data shapes --out data/tiny --train 100 --val 20 --test 20 --size 96 --seed 7"
    })
public final class DataShapesCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Option(
      names = "--out",
      paramLabel = "DIR",
      defaultValue = "data/shapes",
      description = "The folder to make; refused if there is something in it (${DEFAULT-VALUE}).")
  private Path out;

  @Option(
      names = "--train",
      paramLabel = "N",
      defaultValue = "2000",
      description = "Images to train on (${DEFAULT-VALUE}).")
  private int train;

  @Option(
      names = "--val",
      paramLabel = "N",
      defaultValue = "200",
      description = "Images to validate on (${DEFAULT-VALUE}).")
  private int validation;

  @Option(
      names = "--test",
      paramLabel = "N",
      defaultValue = "200",
      description = "Images to test on (${DEFAULT-VALUE}).")
  private int test;

  @Option(
      names = "--size",
      paramLabel = "PX",
      defaultValue = "128",
      description = "Side of a square of an image's area, in pixels (${DEFAULT-VALUE}).")
  private int size;

  @Option(
      names = "--seed",
      paramLabel = "S",
      defaultValue = "1",
      description = "What everything is drawn from (${DEFAULT-VALUE}).")
  private long seed;

  @Override
  public Integer call() throws IOException {
    try {
      new ShapesGenerator(seed)
          .write(out, new ShapesGenerator.Counts(train, validation, test), size);
    } catch (IllegalArgumentException | FileAlreadyExistsException e) {
      throw new ParameterException(spec.commandLine(), String.valueOf(e.getMessage()), e);
    }
    PrintWriter printer = spec.commandLine().getOut();
    printer.printf("%s: %d train, %d val, %d test images%n", out, train, validation, test);
    printer.flush();
    return 0;
  }
}
