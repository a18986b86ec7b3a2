package dev.multibox.backend;

/**
 * How ground truth is assigned to priors; the published SSDs answer each question differently.
 *
 * @param forced how every ground truth gets a prior whatever its IoU
 * @param tie which prior a ground truth takes among those of equal IoU
 * @param threshold the IoU with its best ground truth from which a prior is positive
 * @param comparison whether an IoU equal to a threshold has reached it
 * @param negativeThreshold priors that are not positive and whose best IoU does not reach this are
 *     negative, the others are ignored; equal to the threshold in every published SSD
 * @param iouEpsilon added to the union: 1e-5 in lufficc's, else 0
 */
public record MatchParams(
    Forced forced,
    Tie tie,
    float threshold,
    Comparison comparison,
    float negativeThreshold,
    float iouEpsilon) {

  /** How every ground truth gets a prior whatever its IoU. */
  public enum Forced {
    /**
     * Repeatedly the largest IoU above 1e-6 among unmatched ground truths and unmatched priors, so
     * that each ground truth that overlaps enough priors gets one of its own: Caffe. Of equal IoUs
     * the first ground truth goes first.
     */
    GREEDY_BIPARTITE,
    /**
     * Each ground truth takes its best prior, even at IoU 0; of two with the same one the later
     * wins, and the earlier may end with none.
     */
    EACH_BEST,
    /** None: the threshold alone decides. */
    NONE
  }

  /**
   * Which prior a ground truth takes among those of equal IoU; all of them, where it overlaps none.
   * Of ground truths with equal IoU a prior takes the first.
   */
  public enum Tie {
    FIRST,
    /** NVIDIA's DALI. */
    LAST
  }

  /** Whether an IoU equal to a threshold has reached it. */
  public enum Comparison {
    /** Caffe, torchvision, ssd.pytorch. */
    AT_LEAST,
    /** The paper's text, NVIDIA. */
    ABOVE
  }

  public MatchParams {
    Checks.require(
        "match", threshold >= 0 && threshold <= 1, "threshold was %s, wanted 0 to 1", threshold);
    Checks.require(
        "match",
        negativeThreshold >= 0 && negativeThreshold <= threshold,
        "negativeThreshold was %s, wanted 0 to the threshold %s",
        negativeThreshold,
        threshold);
    Checks.notNegative("match", "iouEpsilon", iouEpsilon);
  }

  /** Caffe's release of SSD. */
  public static MatchParams caffe() {
    return new MatchParams(Forced.GREEDY_BIPARTITE, Tie.FIRST, 0.5f, Comparison.AT_LEAST, 0.5f, 0);
  }

  /** torchvision and ssd.pytorch. */
  public static MatchParams torchvision() {
    return new MatchParams(Forced.EACH_BEST, Tie.FIRST, 0.5f, Comparison.AT_LEAST, 0.5f, 0);
  }

  /** NVIDIA's Python encoder, MLPerf. */
  public static MatchParams nvidia() {
    return new MatchParams(Forced.EACH_BEST, Tie.FIRST, 0.5f, Comparison.ABOVE, 0.5f, 0);
  }

  /** NVIDIA's training with DALI. */
  public static MatchParams dali() {
    return new MatchParams(Forced.EACH_BEST, Tie.LAST, 0.5f, Comparison.ABOVE, 0.5f, 0);
  }

  /** lufficc's. */
  public static MatchParams lufficc() {
    return new MatchParams(Forced.EACH_BEST, Tie.FIRST, 0.5f, Comparison.AT_LEAST, 0.5f, 1e-5f);
  }
}
