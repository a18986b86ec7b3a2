package dev.multibox.eval;

/**
 * The questions on which published VOC evaluations differ.
 *
 * @param precision how the precision–recall curve becomes one number
 * @param iouThreshold the IoU from which on (inclusive) a detection has found an object
 * @param inclusivePixels whether a box from pixel 10 to pixel 10 is one pixel wide, as the devkit
 *     counts, rather than none
 */
public record VocParams(Precision precision, double iouThreshold, boolean inclusivePixels) {
  /** How the precision–recall curve becomes one number. */
  public enum Precision {
    /** The mean of the best precision at recalls of at least 0, 0.1, … 1: VOC 2007. */
    ELEVEN_POINTS,
    /** The area under the curve made monotone: VOC 2010 and later. */
    AREA
  }

  /** The devkit of VOC 2007: eleven points, IoU 0.5, inclusive pixels. */
  public static final VocParams VOC07 = new VocParams(Precision.ELEVEN_POINTS, 0.5, true);

  /** The devkit of VOC 2010 and later: area, IoU 0.5, inclusive pixels. */
  public static final VocParams VOC10 = new VocParams(Precision.AREA, 0.5, true);

  /**
   * Checks the threshold.
   *
   * @throws IllegalArgumentException if {@code iouThreshold} is not in (0, 1]
   */
  public VocParams {
    if (!(iouThreshold > 0 && iouThreshold <= 1)) {
      throw new IllegalArgumentException(
          "voc: iouThreshold was %s, wanted one in (0, 1]".formatted(iouThreshold));
    }
  }
}
