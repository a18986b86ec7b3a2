package dev.multibox.backend.cpu;

import dev.multibox.backend.ColourStep;
import dev.multibox.backend.Normalisation;
import java.util.List;

/**
 * A row of 8-bit pixels through colour steps to normalised floats in the network's channel order.
 * What is left of the steps as a table is joined with the normalisation.
 */
final class ColourRow {
  private static final int VALUES = 256;

  private final ColourSteps steps;
  private final int[] sources; // channel in RGB of each output channel
  private final float[][] tables = new float[3][VALUES]; // normalised value, of each output channel
  private final float[] lowest; // what 0 normalises to, of each output channel
  private final float[] highest; // what 255 normalises to

  /** With the image's {@code mean} grey where a step blends with it. */
  ColourRow(List<ColourStep> colours, int mean, Normalisation normalisation) {
    steps = new ColourSteps(colours, mean);
    sources =
        switch (normalisation.order()) {
          case RGB -> new int[] {0, 1, 2};
          case BGR -> new int[] {2, 1, 0};
        };
    float[] means = {normalisation.meanRed(), normalisation.meanGreen(), normalisation.meanBlue()};
    float[] scales = {
      normalisation.scaleRed(), normalisation.scaleGreen(), normalisation.scaleBlue()
    };
    int[] pending = steps.pending();
    for (int c = 0; c < 3; c++) {
      for (int v = 0; v < VALUES; v++) {
        tables[c][v] = (pending[v] - means[sources[c]]) * scales[sources[c]];
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
    apply(work, pixels, target, at);
  }

  /** The same of pixels that are ints already, which serve as {@code work} too. */
  void apply(int[] work, int pixels, float[] target, int at) {
    steps.apply(work, pixels);
    float[] first = tables[0];
    float[] second = tables[1];
    float[] third = tables[2];
    for (int i = 0; i < pixels * 3; i += 3) {
      target[at + i] = first[work[i + sources[0]]];
      target[at + i + 1] = second[work[i + 1]];
      target[at + i + 2] = third[work[i + sources[2]]];
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
}
