package dev.multibox.backend.cpu;

import dev.multibox.backend.ImagePlan.ColourStep;
import dev.multibox.backend.Normalisation;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A row of 8-bit pixels through the colour steps of a plan to normalised floats in the network's
 * channel order. Steps on single values become tables, neighbouring tables one, and the last of
 * them is joined with the normalisation.
 */
final class ColourRow {
  /** A step on whole pixels, in place, values 0 to 255. */
  private interface Step {
    void apply(int[] rgb, int pixels);
  }

  private static final int VALUES = 256;
  private static final int[] IDENTITY = new int[VALUES];

  /** Reciprocals of chromas; grey has none, and stays what it is with any finite number. */
  private static final float[] INVERSE = new float[VALUES];

  static {
    Arrays.setAll(IDENTITY, v -> v);
    for (int v = 1; v < VALUES; v++) {
      INVERSE[v] = 1f / v;
    }
  }

  private final List<Step> steps = new ArrayList<>();
  private final int[] sources; // channel in RGB of each output channel
  private final float[][] tables = new float[3][VALUES]; // normalised value, of each output channel
  private final float[] lowest; // what 0 normalises to, of each output channel
  private final float[] highest; // what 255 normalises to

  ColourRow(List<ColourStep> colours, Normalisation normalisation) {
    int[] pending = IDENTITY;
    for (ColourStep colour : colours) {
      switch (colour) {
        case ColourStep.Brightness(float delta) -> pending = mapped(pending, 1, delta);
        case ColourStep.Contrast(float factor) -> pending = mapped(pending, factor, 0);
        case ColourStep.Saturation(float factor) -> {
          pending = flushed(pending);
          steps.add((rgb, pixels) -> saturate(rgb, pixels, factor));
        }
        case ColourStep.Hue hue -> {
          pending = flushed(pending);
          steps.add((rgb, pixels) -> turn(rgb, pixels, hue.sextants()));
        }
        // A table that is the same for all channels may wait behind a shuffle.
        case ColourStep.Shuffle(int red, int green, int blue) ->
            steps.add((rgb, pixels) -> shuffle(rgb, pixels, red, green, blue));
      }
    }
    sources =
        switch (normalisation.order()) {
          case RGB -> new int[] {0, 1, 2};
          case BGR -> new int[] {2, 1, 0};
        };
    float[] mean = {normalisation.meanRed(), normalisation.meanGreen(), normalisation.meanBlue()};
    float[] scale = {
      normalisation.scaleRed(), normalisation.scaleGreen(), normalisation.scaleBlue()
    };
    for (int c = 0; c < 3; c++) {
      for (int v = 0; v < VALUES; v++) {
        tables[c][v] = (pending[v] - mean[sources[c]]) * scale[sources[c]];
      }
    }
    lowest = extremes(normalisation, 0);
    highest = extremes(normalisation, VALUES - 1);
  }

  /**
   * Writes {@code pixels} pixels of {@code source}, three bytes each, to {@code target} from {@code
   * at} on; {@code work} holds three ints a pixel.
   */
  void apply(byte[] source, int pixels, int[] work, float[] target, int at) {
    float[] first = tables[0];
    float[] second = tables[1];
    float[] third = tables[2];
    int firstSource = sources[0];
    int thirdSource = sources[2];
    if (steps.isEmpty()) {
      for (int i = 0; i < pixels * 3; i += 3) {
        target[at + i] = first[source[i + firstSource] & 0xFF];
        target[at + i + 1] = second[source[i + 1] & 0xFF];
        target[at + i + 2] = third[source[i + thirdSource] & 0xFF];
      }
      return;
    }
    for (int i = 0; i < pixels * 3; i++) {
      work[i] = source[i] & 0xFF;
    }
    for (Step step : steps) {
      step.apply(work, pixels);
    }
    for (int i = 0; i < pixels * 3; i += 3) {
      target[at + i] = first[work[i + firstSource]];
      target[at + i + 1] = second[work[i + 1]];
      target[at + i + 2] = third[work[i + thirdSource]];
    }
  }

  /** Brings what a kernel with negative weights overshot back to what 0 to 255 normalises to. */
  void clamp(float[] row, int pixels) {
    for (int c = 0; c < 3; c++) {
      float low = Math.min(lowest[c], highest[c]);
      float high = Math.max(lowest[c], highest[c]);
      for (int i = c; i < pixels * 3; i += 3) {
        float value = row[i];
        row[i] = value < low ? low : value > high ? high : value;
      }
    }
  }

  private float[] extremes(Normalisation normalisation, int value) {
    float[] extremes = {
      (value - normalisation.meanRed()) * normalisation.scaleRed(),
      (value - normalisation.meanGreen()) * normalisation.scaleGreen(),
      (value - normalisation.meanBlue()) * normalisation.scaleBlue()
    };
    return new float[] {extremes[sources[0]], extremes[sources[1]], extremes[sources[2]]};
  }

  private static int[] mapped(int[] table, float factor, float delta) {
    int[] result = new int[VALUES];
    for (int v = 0; v < VALUES; v++) {
      result[v] = eightBits(table[v] * factor + delta);
    }
    return result;
  }

  private int[] flushed(int[] pending) {
    if (!Arrays.equals(pending, IDENTITY)) {
      steps.add((rgb, pixels) -> {
        for (int i = 0; i < pixels * 3; i++) {
          rgb[i] = pending[rgb[i]];
        }
      });
    }
    return IDENTITY;
  }

  /** Half rounds up. */
  private static int eightBits(float value) {
    int rounded = (int) Math.floor(value + 0.5f);
    return rounded < 0 ? 0 : rounded > 255 ? 255 : rounded;
  }

  // With value V = max and saturation S = (max - min) / max, each channel lies below V by a
  // multiple of S: scaling S scales the distances from V. S stops at 1, where the least is 0.
  private static void saturate(int[] rgb, int pixels, float factor) {
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
  private static void turn(int[] rgb, int pixels, float sextants) {
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

  private static void shuffle(int[] rgb, int pixels, int red, int green, int blue) {
    for (int i = 0; i < pixels * 3; i += 3) {
      int r = rgb[i + red];
      int g = rgb[i + green];
      int b = rgb[i + blue];
      rgb[i] = r;
      rgb[i + 1] = g;
      rgb[i + 2] = b;
    }
  }
}
