package dev.multibox.backend;

/**
 * How a box is written as offsets from a prior {@code d} (Liu et al., SSD, equation 2, with
 * variances): {@code tx = wx (cx - d.cx) / d.w}, {@code ty} alike, {@code tw = ww ln(w / d.w)},
 * {@code th} alike. Variances 0.1 and 0.2 are weights 10 and 5.
 *
 * @param weightX factor of tx
 * @param weightY factor of ty
 * @param weightWidth factor of tw
 * @param weightHeight factor of th
 * @param maxLogScale the largest {@code tw / ww} and {@code th / wh} that decoding takes, infinite
 *     for no limit
 */
public record BoxCoding(
    float weightX, float weightY, float weightWidth, float weightHeight, float maxLogScale) {

  public BoxCoding {
    Checks.positive("boxCoding", "weightX", weightX);
    Checks.positive("boxCoding", "weightY", weightY);
    Checks.positive("boxCoding", "weightWidth", weightWidth);
    Checks.positive("boxCoding", "weightHeight", weightHeight);
    Checks.notNegative("boxCoding", "maxLogScale", maxLogScale);
  }

  /** Caffe, NVIDIA: variances 0.1 and 0.2, no limit in decoding. */
  public static BoxCoding ssd() {
    return new BoxCoding(10, 10, 5, 5, Float.POSITIVE_INFINITY);
  }

  /** torchvision: the same, width and height grow at most by 1000 / 16. */
  public static BoxCoding torchvision() {
    return new BoxCoding(10, 10, 5, 5, (float) Math.log(1000.0 / 16));
  }
}
