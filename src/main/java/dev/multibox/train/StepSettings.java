package dev.multibox.train;

import dev.multibox.autograd.Recompute;
import dev.multibox.backend.Checks;

/**
 * What fixes the sizes of a training step, besides its network.
 *
 * @param batch images of a batch
 * @param accumulate batches whose gradients make one update, averaged
 * @param mostObjects the largest number of objects on an image
 * @param imageBytes the most that the decoded images of a batch take
 * @param recompute what backward computes again
 */
public record StepSettings(
    int batch, int accumulate, int mostObjects, long imageBytes, Recompute recompute) {
  public StepSettings {
    Checks.require("step", batch > 0, "batch was %d, wanted at least 1", batch);
    Checks.require("step", accumulate > 0, "accumulate was %d, wanted at least 1", accumulate);
    Checks.require("step", mostObjects >= 0, "mostObjects was %d, wanted at least 0", mostObjects);
    Checks.require("step", imageBytes >= 0, "imageBytes was %d, wanted at least 0", imageBytes);
  }

  /** A step of one batch that computes nothing again, for images whose sizes are not known. */
  public static StepSettings of(int batch, int mostObjects) {
    return new StepSettings(batch, 1, mostObjects, 0, Recompute.NONE);
  }

  /** The same with another way of backward. */
  public StepSettings with(Recompute other) {
    return new StepSettings(batch, accumulate, mostObjects, imageBytes, other);
  }
}
