package dev.multibox.cli;

import dev.multibox.backend.Backend;
import dev.multibox.data.ShapesGenerator;
import dev.multibox.data.Splits;
import dev.multibox.data.UnreadableImageException;
import dev.multibox.model.ModelRegistry;
import dev.multibox.model.Ssd;
import dev.multibox.train.RunDirectory;
import dev.multibox.train.TrainConfig;
import dev.multibox.train.Trainer;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code multibox train}. */
@Command(
    name = "train",
    header = "Train a detector.",
    description =
        "With no option: generates the shapes data set under data/shapes and trains ssd-tiny on it.",
    sortOptions = false,
    footer = {
      "",
      "Examples:",
      "  multibox train",
      "  multibox train --data path/to/VOC2007 --epochs 40",
      "  multibox train --data mine --val-split test --input-size 160 --batch-size 8 --lr 0.02",
      "  multibox train --annotations train.json --val-annotations val.json --images photos",
      "  multibox train --config runs/ssd-tiny-mine-1/config.json --seed 2",
      "  multibox train --resume runs/ssd-tiny-mine-1"
    })
final class TrainCommand implements Callable<Integer> {
  private static final List<String> WITH_RESUME =
      List.of("--resume", "--epochs", "--iterations", "--debug");
  private static final long SHAPES_SEED = 1;
  private static final int SHAPES_SIZE = 128;
  private static final ShapesGenerator.Counts SHAPES_COUNTS =
      new ShapesGenerator.Counts(2000, 200, 200);

  @Spec CommandSpec spec;

  @Mixin TrainOptions options = new TrainOptions();

  @Option(
      names = "--out",
      paramLabel = "DIR",
      description = "The run's folder, new or empty (runs/NAME-1, -2, ...).")
  @Nullable Path out;

  @Option(
      names = "--config",
      paramLabel = "FILE",
      description = "The config.json of any run: what is not named is taken from there.")
  @Nullable Path config;

  @Option(
      names = "--resume",
      paramLabel = "RUN_DIR",
      description = {
        "Goes on with a run that was stopped, as if it never had been. Everything is taken from its"
            + " folder; only a longer --epochs or --iterations may be named."
      })
  @Nullable Path resume;

  @Override
  public Integer call() throws IOException, InterruptedException {
    try (Interrupts interrupts = Interrupts.install()) {
      return resume == null ? begin(interrupts) : goOn(resume, interrupts);
    }
  }

  private PrintWriter console() {
    return spec.commandLine().getOut();
  }

  private int begin(Interrupts interrupts) throws IOException, InterruptedException {
    RunPlan plan = new RunPlan(options, config == null ? null : readConfig(config));
    if (out != null) {
      Outputs.requireNew(out);
    }
    try (Backend backend = Devices.open(plan.device(), plan.precision(), console())) {
      Path init = plan.init();
      if (init != null) {
        InitialWeights.check(init, plan.model());
      }
      drawShapes(plan.data().sources());
      Splits splits = plan.splits();
      String device = plan.device().equals("auto") ? backend.name() : plan.device();
      TrainConfig settled = plan.config(splits, device);
      try (ConsoleProgress progress = new ConsoleProgress(settled.iterations());
          Trainer trainer = trainer(backend, settled, plan.network(splits), splits, progress)) {
        if (init != null) {
          InitialWeights.load(init, trainer, splits).forEach(console()::println);
        }
        interrupts.finishFirst();
        try (RunDirectory run = newRun(settled)) {
          String weights = init == null ? "are random" : "from " + init;
          new TrainReport(console()).begin(settled, trainer, splits, weights);
          return train(trainer, settled, run, progress, interrupts);
        }
      }
    }
  }

  private int goOn(Path folder, Interrupts interrupts) throws IOException, InterruptedException {
    requireNothingElse();
    TrainConfig before = StoppedRun.config(folder);
    RunPlan.requirePrecision(before.precision());
    try (Backend backend = Devices.open(before.device(), before.precision(), console())) {
      Splits splits = StoppedRun.splits(before);
      TrainConfig now = StoppedRun.grown(before, options, splits);
      Ssd.Config network =
          new Ssd.Config(
              RunPlan.known(() -> ModelRegistry.find(now.model())),
              now.inputHeight(),
              now.inputWidth(),
              splits.train().classes());
      try (ConsoleProgress progress = new ConsoleProgress(now.iterations());
          Trainer trainer = trainer(backend, now, network, splits, progress)) {
        Path last = RunDirectory.checkpoint(folder, RunDirectory.LAST);
        StoppedRun.load(last, trainer);
        StoppedRun.requireUnfinished(folder, trainer);
        interrupts.finishFirst();
        try (RunDirectory run = RunDirectory.open(folder)) {
          run.rewind(trainer.state());
          if (!now.equals(before)) {
            run.writeConfig(now);
          }
          TrainReport report = new TrainReport(console());
          report.begin(now, trainer, splits, "from " + last);
          report.resume(before, now, trainer.state());
          return train(trainer, now, run, progress, interrupts);
        }
      }
    }
  }

  private static TrainConfig readConfig(Path file) {
    try {
      return TrainConfig.read(file);
    } catch (IOException e) {
      throw UserError.caused(e);
    }
  }

  private void requireNothingElse() {
    options.checkLength();
    List<String> others =
        spec.commandLine().getParseResult().matchedOptions().stream()
            .map(OptionSpec::longestName)
            .filter(option -> !WITH_RESUME.contains(option))
            .toList();
    if (!others.isEmpty()) {
      throw UserError.of(
          "--resume: takes everything but the length from the run's folder; leave out %s",
          String.join(", ", others));
    }
  }

  /** Draws the data set that is trained on where no other is named. */
  private void drawShapes(List<Path> folders) throws IOException {
    Path shapes = RunPlan.SHAPES.toAbsolutePath().normalize();
    if (folders.contains(shapes) && !options.namesData() && !Files.isDirectory(shapes)) {
      console().println("data    generating the shapes data set in " + RunPlan.SHAPES);
      console().flush();
      new ShapesGenerator(SHAPES_SEED).write(RunPlan.SHAPES, SHAPES_COUNTS, SHAPES_SIZE);
    }
  }

  private static Trainer trainer(
      Backend backend,
      TrainConfig config,
      Ssd.Config network,
      Splits splits,
      ConsoleProgress progress) {
    try {
      return RunPlan.known(() -> new Trainer(backend, config, network, splits, progress));
    } catch (ArithmeticException e) {
      throw new UserError(
          "--input-size: %dx%d has more priors or values than can be counted; name a smaller one"
              .formatted(config.inputHeight(), config.inputWidth()),
          e);
    }
  }

  private RunDirectory newRun(TrainConfig config) throws IOException {
    return out == null
        ? RunDirectory.createNumbered(Path.of("runs"), config)
        : RunDirectory.create(out, config);
  }

  private int train(
      Trainer trainer,
      TrainConfig config,
      RunDirectory run,
      ConsoleProgress progress,
      Interrupts interrupts)
      throws IOException, InterruptedException {
    TrainReport report = new TrainReport(console());
    try {
      progress.start();
      Trainer.Outcome outcome = trainer.run(run, interrupts::asked);
      progress.close();
      report.end(run, outcome, config);
      return outcome.interrupted() ? ExitCode.INTERRUPTED : ExitCode.DONE;
    } catch (UnreadableImageException e) {
      report.resumable(run);
      throw UserError.caused(e);
    } catch (IOException e) {
      report.resumable(run);
      throw e;
    }
  }
}
