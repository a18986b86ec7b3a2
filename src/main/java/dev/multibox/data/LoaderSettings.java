package dev.multibox.data;

import dev.multibox.backend.Checks;
import dev.multibox.backend.ImagePlan.Resize;

/**
 * How a data set is turned into batches.
 *
 * @param batchSize images a batch
 * @param workers threads that decode
 * @param queueBatches how many batches are worked on ahead of the one asked for
 * @param seed of order and augmentation
 * @param augmentation what is drawn for each sample
 * @param dropLast whether an incomplete batch at an epoch's end is left out
 * @param shuffle whether each epoch has an order of its own, rather than the data set's
 * @param cacheBytes how many bytes of decoded images are kept, so that a small data set is decoded
 *     once; 0 keeps none
 */
public record LoaderSettings(
    int batchSize,
    int workers,
    int queueBatches,
    long seed,
    AugmentationSettings augmentation,
    boolean dropLast,
    boolean shuffle,
    long cacheBytes) {
  private static final String OP = "loader";

  public LoaderSettings {
    Checks.require(OP, batchSize > 0, "batchSize was %d, wanted at least 1", batchSize);
    Checks.require(OP, workers > 0, "workers was %d, wanted at least 1", workers);
    Checks.require(OP, queueBatches > 0, "queueBatches was %d, wanted at least 1", queueBatches);
    Checks.require(OP, cacheBytes >= 0, "cacheBytes was %d, wanted at least 0", cacheBytes);
  }

  /** For training: shuffled, whole batches only. */
  public static LoaderSettings training(
      int batchSize, int workers, long seed, AugmentationSettings augmentation, long cacheBytes) {
    return new LoaderSettings(batchSize, workers, 2, seed, augmentation, true, true, cacheBytes);
  }

  /** For evaluation: every image once, as it is, in the data set's order. */
  public static LoaderSettings evaluation(
      int batchSize, int workers, Resize resize, long cacheBytes) {
    return new LoaderSettings(
        batchSize, workers, 2, 0, AugmentationSettings.none(resize), false, false, cacheBytes);
  }
}
