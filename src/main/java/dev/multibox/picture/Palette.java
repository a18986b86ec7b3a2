package dev.multibox.picture;

import java.awt.Color;

/** Colours of labels, and the ink that can be read on them. */
final class Palette {
  // Turns by the golden angle keep neighbouring labels apart however many there are.
  private static final double FIRST_HUE = 145;
  private static final double GOLDEN_ANGLE = 137.508;
  private static final double[] LIGHTNESS = {0.76, 0.62, 0.84};
  private static final double CHROMA = 0.19;

  private Palette() {}

  /**
   * A strong colour for a label from 0 on: hues a golden angle apart, in three lightnesses, even to
   * the eye because they are chosen in OKLCH.
   */
  static Color of(int label) {
    double hue = Math.toRadians(FIRST_HUE + GOLDEN_ANGLE * (label - 1));
    double lightness = LIGHTNESS[Math.floorMod(label - 1, LIGHTNESS.length)];
    return oklab(lightness, CHROMA * Math.cos(hue), CHROMA * Math.sin(hue));
  }

  /**
   * Black or white, whichever has more contrast to {@code background}: at least 4.58, since the
   * product of both contrasts is 21.
   */
  static Color ink(Color background) {
    double toWhite = contrast(background, Color.WHITE);
    return toWhite > contrast(background, Color.BLACK) ? Color.WHITE : Color.BLACK;
  }

  /**
   * The contrast ratio of two colours, 1 to 21: {@code (L1 + 0.05) / (L2 + 0.05)} of their relative
   * luminances, the lighter first (WCAG 2.2, "contrast ratio").
   */
  static double contrast(Color one, Color other) {
    double first = luminance(one) + 0.05;
    double second = luminance(other) + 0.05;
    return Math.max(first, second) / Math.min(first, second);
  }

  private static double luminance(Color colour) {
    return 0.2126 * linear(colour.getRed())
        + 0.7152 * linear(colour.getGreen())
        + 0.0722 * linear(colour.getBlue());
  }

  /** The light of an sRGB value of 0 to 255, 0 to 1 (IEC 61966-2-1). */
  private static double linear(int value) {
    double v = value / 255.0;
    return v <= 0.04045 ? v / 12.92 : Math.pow((v + 0.055) / 1.055, 2.4);
  }

  private static float encoded(double light) {
    double v = light <= 0.0031308 ? 12.92 * light : 1.055 * Math.pow(light, 1 / 2.4) - 0.055;
    return (float) Math.clamp(v, 0, 1);
  }

  // B. Ottosson, "A perceptual color space for image processing" (2020); outside of sRGB cut off.
  private static Color oklab(double lightness, double a, double b) {
    double l = cube(lightness + 0.3963377774 * a + 0.2158037573 * b);
    double m = cube(lightness - 0.1055613458 * a - 0.0638541728 * b);
    double s = cube(lightness - 0.0894841775 * a - 1.2914855480 * b);
    return new Color(
        encoded(4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s),
        encoded(-1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s),
        encoded(-0.0041960863 * l - 0.7034186147 * m + 1.7076147010 * s));
  }

  private static double cube(double x) {
    return x * x * x;
  }
}
