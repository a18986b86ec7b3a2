package dev.multibox.cli;

import dev.multibox.data.Splits;
import dev.multibox.model.SsdDefinition;
import dev.multibox.train.Checkpoint;
import dev.multibox.train.Trainer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** What {@code --init} names: a checkpoint of the model that is to be trained, or its backbone. */
final class InitialWeights {
  private InitialWeights() {}

  /**
   * Refuses weights that {@link #load} would refuse whatever the data.
   *
   * @throws UserError if they are damaged, or of another model
   */
  static void check(Path file, SsdDefinition model) {
    try (Checkpoint checkpoint = Checkpoint.open(file)) {
      checkpoint.requireKnownModel();
      if (!checkpoint.meta().model().equals(model.name())) {
        throw UserError.of(
            "%s: is of %s, the run trains %s; name other weights, or --model %s",
            file, checkpoint.meta().model(), model.name(), checkpoint.meta().model());
      }
      checkpoint.requireHeadsOfItsCategories();
    } catch (IOException e) {
      throw UserError.caused(e);
    }
  }

  /**
   * Fills the trainer's model.
   *
   * @return one line on each thing that is not as in the file
   * @throws UserError if they do not fit
   */
  static List<String> load(Path file, Trainer trainer, Splits splits) {
    try (Checkpoint checkpoint = Checkpoint.open(file)) {
      List<String> remarks = new ArrayList<>(trainer.startFrom(checkpoint));
      List<String> before = checkpoint.meta().categories();
      List<String> now = splits.train().categories();
      if (before.size() == now.size() && !before.equals(now)) {
        remarks.add(
            "%s was trained on as many, but other categories: class heads go on"
                .formatted(checkpoint.path()));
      }
      return remarks;
    } catch (IOException e) {
      throw UserError.caused(e);
    }
  }
}
