package dev.multibox.cli;

import dev.multibox.autograd.StepPlan;
import dev.multibox.data.Dataset;
import dev.multibox.data.Splits;
import dev.multibox.nn.Parameter;
import dev.multibox.train.Recipe;
import dev.multibox.train.RunDirectory;
import dev.multibox.train.RunState;
import dev.multibox.train.TrainConfig;
import dev.multibox.train.Trainer;
import dev.multibox.train.TrainingSchedule;
import dev.multibox.train.TrainingSchedule.Fall;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** What {@code train} says before the first step and after the last. */
final class TrainReport {
  private final PrintWriter console;

  TrainReport(PrintWriter console) {
    this.console = console;
  }

  /**
   * Model, data and run.
   *
   * @param weights what the model starts with, for example {@code are random}
   */
  void begin(TrainConfig config, Trainer trainer, Splits splits, String weights)
      throws IOException {
    PictureText.names(splits.train().categories(), console);
    console.printf(
        Locale.ROOT,
        "model   %s, %dx%d, %d classes, %,d parameters, %,d priors; weights %s%n",
        config.model(),
        config.inputHeight(),
        config.inputWidth(),
        splits.train().classes(),
        trainer.ssd().state().parameterCount(),
        trainer.ssd().priors().count(),
        weights);
    console.printf(
        Locale.ROOT,
        "data    %s: %d images, %d objects; %s%n",
        config.data().stream().map(TrainReport::shown).collect(Collectors.joining(", ")),
        splits.train().size(),
        splits.train().objectCount(),
        splits.description());
    for (Dataset dataset : List.of(splits.train(), splits.validation())) {
      dataset
          .remarks()
          .forEach(remark -> console.printf("note    %s: %s%n", dataset.name(), remark));
    }
    console.printf(
        Locale.ROOT,
        "run     %d steps of %d images%s, learning rate %s, recipe %s, precision %s%n",
        config.iterations(),
        config.batchSize(),
        config.accumulate() > 1 ? " times " + config.accumulate() : "",
        config.learningRate(),
        config.recipe(),
        config.precision());
    StepPlan plan = trainer.plan();
    console.printf(
        Locale.ROOT,
        "memory  %,d MiB a step, planned: %,d of weights and inputs, %,d of activations, %,d beside"
            + " them for kernels%n",
        mebibytes(plan.peakBytes()),
        mebibytes(plan.fixedBytes()),
        mebibytes(plan.memory().bytes()),
        mebibytes(plan.workspaceBytes()));
    List<String> frozen =
        trainer.ssd().state().parameters().stream()
            .filter(Parameter::frozen)
            .map(Parameter::name)
            .toList();
    if (!frozen.isEmpty()) {
      console.println("frozen  " + String.join(", ", frozen));
    }
    console.flush();
  }

  private static long mebibytes(long bytes) {
    return Math.ceilDiv(bytes, 1L << 20);
  }

  /** A folder as one would type it here. */
  private static String shown(String folder) {
    Path here = Path.of("").toAbsolutePath();
    Path path = Path.of(folder);
    return path.startsWith(here) && !path.equals(here) ? here.relativize(path).toString() : folder;
  }

  /** Where a run goes on, and how a new length moves its learning rate. */
  void resume(TrainConfig before, TrainConfig now, RunState state) {
    console.printf(
        "resume  after step %d, with batch %d of epoch %d%n",
        state.iteration(), state.batch(), state.epoch());
    if (now.iterations() != before.iterations()) {
      TrainingSchedule schedule = Recipe.find(now.recipe()).schedule();
      String change =
          switch (schedule.fall()) {
            case Fall.Steps _ ->
                "drops before steps %s, not %s"
                    .formatted(
                        schedule.drops(now.iterations()), schedule.drops(before.iterations()));
            case Fall.Cosine() -> "falls along a longer wave";
          };
      console.printf(
          "resume  %d steps instead of %d: the learning rate %s%n",
          now.iterations(), before.iterations(), change);
    }
    console.flush();
  }

  /** The numbers, and where everything is. */
  void end(RunDirectory run, Trainer.Outcome outcome, TrainConfig config) {
    if (outcome.interrupted()) {
      console.printf(
          "interrupted after %d of %d steps%n", outcome.iteration(), config.iterations());
    }
    MetricsTable.print(console, outcome.result());
    console.printf("%nweights  %s%n", run.checkpoint(RunDirectory.LAST));
    if (Files.exists(run.checkpoint(RunDirectory.BEST))) {
      console.printf("best     %s%n", run.checkpoint(RunDirectory.BEST));
    }
    if (Files.exists(run.metrics())) {
      console.printf("metrics  %s%n", run.metrics());
    }
    if (Files.exists(run.curves())) {
      console.printf("curves   %s%n", run.curves());
    }
    if (Files.exists(run.samples())) {
      console.printf("samples  %s%n", run.samples());
    }
    if (outcome.interrupted()) {
      resumable(run);
    }
    console.flush();
  }

  /** How to go on with a run that has come to a checkpoint; nothing for one that has not. */
  void resumable(RunDirectory run) {
    if (Files.exists(run.checkpoint(RunDirectory.LAST))) {
      console.printf("resume   %s%n", ResumeHint.command(run.folder()));
      console.flush();
    }
  }
}
