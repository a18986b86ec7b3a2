package dev.multibox.data;

import static dev.multibox.data.ShapesCanvas.between;

import dev.multibox.backend.ColourStep;
import dev.multibox.backend.ColourStep.From;
import dev.multibox.data.ColourSettings.Distortion;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;

/** Draws the colour steps of one image. */
final class ColourDraw {
  private static final int HUES = 255;

  private final RandomGenerator random;

  ColourDraw(RandomGenerator random) {
    this.random = random;
  }

  /** The steps on the source image, in their order. */
  List<ColourStep> early(ColourSettings settings) {
    return settings instanceof Distortion distortion ? distortion(distortion) : List.of();
  }

  /** The steps behind the resize. */
  List<ColourStep> late(ColourSettings settings) {
    return settings instanceof ColourSettings.Twist twist ? List.of(twist(twist)) : List.of();
  }

  private List<ColourStep> distortion(Distortion settings) {
    float probability = settings.probability();
    List<ColourStep> steps = new ArrayList<>();
    boolean contrastSecond = chance(0.5f);
    if (chance(probability)) {
      steps.add(brightness(settings));
    }
    if (contrastSecond && chance(probability)) {
      steps.add(contrast(settings));
    }
    if (chance(probability)) {
      steps.add(saturation(settings));
    }
    if (chance(probability)) {
      steps.add(hue(settings));
    }
    if (!contrastSecond && chance(probability)) {
      steps.add(contrast(settings));
    }
    if (chance(settings.shuffleProbability())) {
      int[] order = SampleRandom.permutation(random, 3);
      steps.add(new ColourStep.Shuffle(order[0], order[1], order[2]));
    }
    return steps;
  }

  private ColourStep brightness(Distortion settings) {
    return switch (settings.arithmetic()) {
      case OPENCV -> new ColourStep.Brightness(around(0, settings.brightness()));
      case PILLOW -> new ColourStep.Blend(From.BLACK, around(1, settings.brightness()));
    };
  }

  private ColourStep contrast(Distortion settings) {
    float factor = around(1, settings.contrast());
    return switch (settings.arithmetic()) {
      case OPENCV -> new ColourStep.Contrast(factor);
      case PILLOW -> new ColourStep.Blend(From.MEAN_GREY, factor);
    };
  }

  private ColourStep saturation(Distortion settings) {
    float factor = around(1, settings.saturation());
    return switch (settings.arithmetic()) {
      case OPENCV -> new ColourStep.Saturation(factor);
      case PILLOW -> new ColourStep.Blend(From.GREY, factor);
    };
  }

  private ColourStep hue(Distortion settings) {
    float degrees = around(0, settings.hueDegrees());
    return switch (settings.arithmetic()) {
      case OPENCV -> new ColourStep.Hue(degrees);
      case PILLOW -> new ColourStep.ByteHue((int) (degrees / 360 * HUES));
    };
  }

  private ColourStep twist(ColourSettings.Twist settings) {
    float saturation = around(1, settings.saturation());
    float contrast = around(1, settings.contrast());
    float brightness = around(1, settings.brightness());
    float degrees = around(0, settings.hueDegrees());
    return new ColourStep.Twist(degrees, saturation, brightness, contrast);
  }

  private boolean chance(float probability) {
    return random.nextDouble() < probability;
  }

  private float around(double centre, double reach) {
    return (float) between(random, centre - reach, centre + reach);
  }
}
