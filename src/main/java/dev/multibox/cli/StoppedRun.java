package dev.multibox.cli;

import dev.multibox.data.Splits;
import dev.multibox.train.Checkpoint;
import dev.multibox.train.Recipe;
import dev.multibox.train.RunDirectory;
import dev.multibox.train.TrainConfig;
import dev.multibox.train.Trainer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Reads what {@code --resume} names, and refuses what cannot be gone on with. */
final class StoppedRun {
  private StoppedRun() {}

  /**
   * The configuration of the run in {@code folder}.
   *
   * @throws UserError if that is no run's folder, or one without a checkpoint
   */
  static TrainConfig config(Path folder) {
    if (!Files.isDirectory(folder)) {
      throw UserError.of(
          "%s: is no folder; name a run's folder, the one with config.json in it", folder);
    }
    Path config = RunDirectory.config(folder);
    if (!Files.exists(config)) {
      throw UserError.of("%s: there is no such file; name a run's folder", config);
    }
    Path last = RunDirectory.checkpoint(folder, RunDirectory.LAST);
    if (!Files.exists(last)) {
      throw UserError.of(
          "%s: there is no such file; start the run again with train --config %s",
          last, ResumeHint.quoted(config.toString()));
    }
    try {
      return TrainConfig.read(config);
    } catch (IOException e) {
      throw UserError.caused(e);
    }
  }

  /** Reads the run's data again, of which its recipe may leave images out. */
  static Splits splits(TrainConfig config) {
    Recipe recipe = RunPlan.known(() -> Recipe.find(config.recipe()));
    Splits all = TrainData.of(config).read(config.seed());
    return RunPlan.known(() -> recipe.of(all));
  }

  /**
   * The configuration with the length that was named, if one was.
   *
   * @throws UserError if that is shorter
   */
  static TrainConfig grown(TrainConfig config, TrainOptions options, Splits splits) {
    Long length = options.length(splits, config.batchSize(), config.accumulate());
    if (length == null) {
      return config;
    }
    if (length < config.iterations()) {
      throw UserError.of(
          "--resume: %d steps were named, the run is %d long and can only grow; name at least so"
              + " many",
          length, config.iterations());
    }
    return config.withIterations(length);
  }

  /**
   * Puts the trainer where the run stood.
   *
   * @throws UserError if the checkpoint is damaged, or does not fit the run or its data
   */
  static void load(Path last, Trainer trainer) {
    try (Checkpoint checkpoint = Weights.open(last)) {
      trainer.resume(checkpoint);
    } catch (IOException e) {
      throw UserError.caused(e);
    }
  }

  /** Refuses a run with nothing left to do. */
  static void requireUnfinished(Path folder, Trainer trainer) {
    if (trainer.isFinished()) {
      throw UserError.of(
          "%s: all %d steps are done; name more with --iterations or --epochs",
          folder, trainer.state().iteration());
    }
  }
}
