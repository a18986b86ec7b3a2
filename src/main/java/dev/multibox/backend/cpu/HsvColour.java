package dev.multibox.backend.cpu;

/** Caffe's distortions of hue and saturation, on rows of values from 0 to 255, in place. */
final class HsvColour {
  private static final int VALUES = 256;

  /** Reciprocals of chromas; grey has none, and stays what it is with any finite number. */
  private static final float[] INVERSE = new float[VALUES];

  static {
    for (int v = 1; v < VALUES; v++) {
      INVERSE[v] = 1f / v;
    }
  }

  private HsvColour() {}

  // With value V = max and saturation S = (max - min) / max, each channel lies below V by a
  // multiple of S: scaling S scales the distances from V. S stops at 1, where the least is 0.
  static void saturate(int[] rgb, int pixels, float factor) {
    for (int i = 0; i < pixels * 3; i += 3) {
      int r = rgb[i];
      int g = rgb[i + 1];
      int b = rgb[i + 2];
      int max = Math.max(r, Math.max(g, b));
      int min = Math.min(r, Math.min(g, b));
      float most = max * INVERSE[max - min];
      float k = factor < most ? factor : most;
      rgb[i] = rounded(max - (max - r) * k);
      rgb[i + 1] = rounded(max - (max - g) * k);
      rgb[i + 2] = rounded(max - (max - b) * k);
    }
  }

  /** Turns the hue by {@code sextants} of 60 degrees, 6 to 12. */
  static void turn(int[] rgb, int pixels, float sextants) {
    for (int i = 0; i < pixels * 3; i += 3) {
      int r = rgb[i];
      int g = rgb[i + 1];
      int b = rgb[i + 2];
      int max = Math.max(r, Math.max(g, b));
      int chroma = max - Math.min(r, Math.min(g, b));
      float inverse = INVERSE[chroma];
      float fromRed = (g - b) * inverse;
      float fromGreen = (b - r) * inverse + 2;
      float fromBlue = (r - g) * inverse + 4;
      float turned = (max == r ? fromRed : max == g ? fromGreen : fromBlue) + sextants;
      rgb[i] = rounded(max - chroma * distanceBelow(turned + 5));
      rgb[i + 1] = rounded(max - chroma * distanceBelow(turned + 3));
      rgb[i + 2] = rounded(max - chroma * distanceBelow(turned + 1));
    }
  }

  /** How far a channel lies below the largest, in chromas, at this distance round the circle. */
  private static float distanceBelow(float sextant) {
    float k = sextant - 6 * (int) (sextant * (1f / 6));
    float rising = k < 4 - k ? k : 4 - k;
    return rising < 0 ? 0 : rising > 1 ? 1 : rising;
  }

  /** Half rounds up; for values that are known to lie within 0 to 255 but for rounding errors. */
  private static int rounded(float value) {
    return (int) (value + 0.5f);
  }
}
