package dev.multibox.train;

import dev.multibox.optim.GradScaler;

/** When a run is to stop because nothing better is to be expected, and what it says then. */
final class Divergence {
  /** Steps in a row without an update after which nothing better is to be expected. */
  static final int MOST_SKIPPED = 10;

  private Divergence() {}

  /**
   * Looks at what step {@code step} left.
   *
   * @param skipped steps before it, in a row, that changed no weight
   * @param halves whether activations are F16, so that a gradient may overflow once
   * @param images what the step was trained on
   * @param lastGood where the last checkpoint is
   * @throws DivergedException if the loss is not finite, or too many steps changed nothing, or the
   *     loss scale fell below {@link GradScaler#LEAST}
   */
  static void check(
      TrainingStep.Result result,
      long step,
      int skipped,
      boolean halves,
      String images,
      String lastGood) {
    if (!Float.isFinite(result.loss())) {
      throw new DivergedException(
          "loss: was %s in step %d on images %s; lower --lr, or look at these images; %s"
              .formatted(result.loss(), step, images, lastGood));
    }
    if (!result.skipped()) {
      return;
    }
    if (halves && result.scale() / 2 < GradScaler.LEAST) {
      throw new DivergedException(
          "gradients: overflowed in step %d at a loss scale of %s on images %s; lower --lr, or train with --precision fp32; %s"
              .formatted(step, result.scale(), images, lastGood));
    }
    if (skipped + 1 == MOST_SKIPPED) {
      throw new DivergedException(
          "gradients: were not finite in %d steps in a row, the last one on images %s; lower --lr; %s"
              .formatted(MOST_SKIPPED, images, lastGood));
    }
  }
}
