package dev.multibox.cli;

import dev.multibox.data.Splits;
import dev.multibox.model.SsdDefinition;
import dev.multibox.train.Checkpoint;
import dev.multibox.train.Trainer;
import java.io.IOException;
import java.nio.file.Path;

/** What {@code --init} names: a checkpoint of the model that is to be trained. */
final class InitialWeights {
  private InitialWeights() {}

  /**
   * Refuses weights that {@link #load} would refuse whatever the data.
   *
   * @throws UserError if they are damaged, or of another model
   */
  static void check(Path file, SsdDefinition model) {
    try (Checkpoint checkpoint = Weights.open(file)) {
      if (!checkpoint.meta().model().equals(model.name())) {
        throw UserError.of(
            "%s: is of %s, the run trains %s; name other weights, or --model %s",
            file, checkpoint.meta().model(), model.name(), checkpoint.meta().model());
      }
    }
  }

  /**
   * Fills the trainer's model.
   *
   * @throws UserError if they are for another number of categories
   */
  static void load(Path file, Trainer trainer, Splits splits) {
    try (Checkpoint checkpoint = Weights.open(file)) {
      int categories = checkpoint.meta().categories().size();
      if (categories != splits.train().categories().size()) {
        throw UserError.of(
            "%s: is for %d categories, the data has %d; name weights for as many",
            file, categories, splits.train().categories().size());
      }
      trainer.startFrom(checkpoint);
    } catch (IOException e) {
      throw UserError.caused(e);
    }
  }
}
