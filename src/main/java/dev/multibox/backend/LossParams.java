package dev.multibox.backend;

/**
 * The multibox loss (Liu et al., SSD, equation 1) and what the implementations of SSD disagree on.
 * Two things of theirs are defects and have no constant here: ssd.pytorch and lufficc's divide by
 * zero when a batch has no positives, and ssd.pytorch subtracts the largest logit of the whole
 * batch before it ranks, so that exponentials of other images underflow.
 *
 * @param mining which negatives count
 * @param localisation the loss of one offset
 * @param beta where smooth-L1 turns from a parabola into a line, 1 in SSD
 * @param localisationWeight alpha of equation 1, 1 in SSD
 * @param normaliser what the sums are divided by
 */
public record LossParams(
    MiningParams mining,
    Localisation localisation,
    float beta,
    float localisationWeight,
    Normaliser normaliser) {

  /** The loss of one offset's error {@code d}. */
  public enum Localisation {
    /** {@code 0.5 d^2 / beta} for {@code |d| < beta}, else {@code |d| - 0.5 beta}. */
    SMOOTH_L1,
    /** {@code |d|}: DJL. */
    L1
  }

  /** What the sums are divided by. */
  public enum Normaliser {
    /** The positives of the batch, at least 1: Caffe, torchvision, ssd.pytorch, lufficc's. */
    BATCH_POSITIVES,
    /**
     * Each image's sum by its own positives, then the mean over the batch; an image without
     * positives counts as zero: NVIDIA, MLPerf.
     */
    IMAGE_POSITIVES,
    /** The priors of the batch: DJL, which has no mining. */
    ALL_PRIORS
  }

  public LossParams {
    Checks.positive("loss", "beta", beta);
    Checks.notNegative("loss", "localisationWeight", localisationWeight);
  }

  public static LossParams caffe() {
    return of(MiningParams.caffe(), Normaliser.BATCH_POSITIVES);
  }

  public static LossParams torchvision() {
    return of(MiningParams.torchvision(), Normaliser.BATCH_POSITIVES);
  }

  public static LossParams nvidia() {
    return of(MiningParams.nvidia(), Normaliser.IMAGE_POSITIVES);
  }

  /** DJL: every prior counts, and the mean of the boxes is over their coordinates too. */
  public static LossParams djl() {
    return new LossParams(MiningParams.none(), Localisation.L1, 1, 0.25f, Normaliser.ALL_PRIORS);
  }

  private static LossParams of(MiningParams mining, Normaliser normaliser) {
    return new LossParams(mining, Localisation.SMOOTH_L1, 1, 1, normaliser);
  }
}
