package dev.multibox.backend.cpu;

import dev.multibox.backend.ColourStep;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntUnaryOperator;

/**
 * The colour steps of a plan, on rows of values from 0 to 255. Steps on single values become
 * tables, and neighbouring tables one; the last of them is left to whoever reads the values.
 */
final class ColourSteps {
  /** A step on whole pixels, in place. */
  private interface Step {
    void apply(int[] rgb, int pixels);
  }

  private static final int VALUES = 256;
  private static final int[] IDENTITY = new int[VALUES];

  static {
    Arrays.setAll(IDENTITY, v -> v);
  }

  private final List<Step> steps = new ArrayList<>();
  private int[] pending = IDENTITY;

  /**
   * Those of an image.
   *
   * @param mean the grey that {@link ColourStep.From#MEAN_GREY} is; of no matter without that
   */
  ColourSteps(List<ColourStep> colours, int mean) {
    for (ColourStep colour : colours) {
      switch (colour) {
        case ColourStep.Brightness(float delta) -> map(v -> eightBits(v + delta));
        case ColourStep.Contrast(float factor) -> map(v -> eightBits(v * factor));
        case ColourStep.Blend blend -> addBlend(blend, mean);
        case ColourStep.Saturation(float factor) ->
            add((rgb, pixels) -> HsvColour.saturate(rgb, pixels, factor));
        case ColourStep.Hue hue ->
            add((rgb, pixels) -> HsvColour.turn(rgb, pixels, hue.sextants()));
        case ColourStep.ByteHue(int by) -> add((rgb, pixels) -> PillowColour.turn(rgb, pixels, by));
        case ColourStep.Twist twist -> {
          float[] coefficients = twist.coefficients();
          add((rgb, pixels) -> twist(rgb, pixels, coefficients));
        }
        // A table that is the same for all channels may wait behind a shuffle.
        case ColourStep.Shuffle(int red, int green, int blue) ->
            steps.add((rgb, pixels) -> shuffle(rgb, pixels, red, green, blue));
      }
    }
  }

  private void addBlend(ColourStep.Blend blend, int mean) {
    float factor = blend.factor();
    switch (blend.from()) {
      case BLACK -> map(v -> PillowColour.blend(0, v, factor));
      case MEAN_GREY -> map(v -> PillowColour.blend(mean, v, factor));
      case GREY -> add((rgb, pixels) -> PillowColour.blendWithGrey(rgb, pixels, factor));
    }
  }

  private void map(IntUnaryOperator step) {
    pending = Arrays.stream(pending).map(step).toArray();
  }

  private void add(Step step) {
    if (!Arrays.equals(pending, IDENTITY)) {
      int[] table = pending;
      steps.add((rgb, pixels) -> {
        for (int i = 0; i < pixels * 3; i++) {
          rgb[i] = table[rgb[i]];
        }
      });
    }
    pending = IDENTITY;
    steps.add(step);
  }

  /** Whether values are as they were, but for {@link #pending}. */
  boolean isEmpty() {
    return steps.isEmpty();
  }

  /** What becomes of a value after {@link #apply}. */
  int[] pending() {
    return pending;
  }

  /** All but {@link #pending}. */
  void apply(int[] rgb, int pixels) {
    for (Step step : steps) {
      step.apply(rgb, pixels);
    }
  }

  /** To 8 bits; half rounds up. */
  static int eightBits(float value) {
    int rounded = (int) Math.floor(value + 0.5f);
    return rounded < 0 ? 0 : rounded > 255 ? 255 : rounded;
  }

  private static void twist(int[] rgb, int pixels, float[] k) {
    for (int i = 0; i < pixels * 3; i += 3) {
      int r = rgb[i];
      int g = rgb[i + 1];
      int b = rgb[i + 2];
      for (int c = 0; c < 3; c++) {
        rgb[i + c] = eightBits(k[3 * c] * r + k[3 * c + 1] * g + k[3 * c + 2] * b + k[9]);
      }
    }
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
