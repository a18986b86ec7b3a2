package dev.multibox.backend;

/**
 * Hard-negative mining (Liu et al., SSD, section 2.2): of each image's negative priors those with
 * the largest classification loss to background are kept. Ignored priors are never taken. The
 * TensorFlow detection API ranks by both losses, which is the same order, since a negative has no
 * loss of boxes; that it first drops decoded boxes of IoU above 0.99 is not done here.
 *
 * @param negPosRatio negatives kept for each positive, 3 in SSD; the product is rounded down;
 *     negative for no mining, so that all negatives count (DJL)
 * @param minNegatives negatives kept in an image with fewer positives than would earn as many, 3 in
 *     the TensorFlow detection API, else 0
 * @param shortage what happens when the negatives run out
 */
public record MiningParams(float negPosRatio, int minNegatives, Shortage shortage) {

  /** What happens when more negatives are wanted than there are. */
  public enum Shortage {
    /** All of them are taken: Caffe, lufficc's, ssd.pytorch, MMDetection. */
    TAKE_ALL,
    /**
     * The ranking goes on into the positives, in index order, whose loss then counts a second time:
     * torchvision, which ranks them last.
     */
    COUNT_POSITIVES_AGAIN,
    /**
     * As before, but positives rank as losses of zero, among the negatives whose loss is zero too,
     * by index: NVIDIA, MLPerf.
     */
    RANK_POSITIVES_AS_ZERO
  }

  public MiningParams {
    Checks.require("mining", !Float.isNaN(negPosRatio), "negPosRatio was NaN, wanted a number");
    Checks.require(
        "mining", minNegatives >= 0, "minNegatives was %d, wanted at least 0", minNegatives);
  }

  /** Three negatives for each positive, as far as there are. */
  public static MiningParams caffe() {
    return new MiningParams(3, 0, Shortage.TAKE_ALL);
  }

  /** Every negative counts: DJL. */
  public static MiningParams none() {
    return new MiningParams(-1, 0, Shortage.TAKE_ALL);
  }

  public static MiningParams torchvision() {
    return new MiningParams(3, 0, Shortage.COUNT_POSITIVES_AGAIN);
  }

  public static MiningParams nvidia() {
    return new MiningParams(3, 0, Shortage.RANK_POSITIVES_AS_ZERO);
  }
}
