package dev.multibox.backend;

/**
 * One colour distortion, on RGB in 0 to 255. Its result has 8 bits again: rounded half up and cut
 * off at 0 and 255, unless a step says otherwise.
 */
public sealed interface ColourStep {
  /** {@code v + delta}: OpenCV in Caffe. */
  record Brightness(float delta) implements ColourStep {}

  /** {@code v factor}. */
  record Contrast(float factor) implements ColourStep {}

  /** Saturation times factor in HSV, hue and value kept. */
  record Saturation(float factor) implements ColourStep {}

  /** The hue turned by this many degrees, saturation and value kept. */
  record Hue(float degrees) implements ColourStep {
    /** The turn in sixths of the circle, as the one from 6 to 12 that is the same. */
    public float sextants() {
      float sextants = degrees / 60;
      return sextants - 6 * (float) Math.floor(sextants / 6) + 6;
    }
  }

  /** Output channels red, green, blue taken from input channels {@code red green blue}. */
  record Shuffle(int red, int green, int blue) implements ColourStep {}

  /**
   * {@code from + factor (v - from)} with its fraction dropped: Pillow's blend, which torchvision's
   * brightness (from black), saturation (from the pixel's grey) and contrast (from the mean grey)
   * are made of. Grey is {@code (19595 red + 38470 green + 7471 blue + 32768) >> 16}.
   */
  record Blend(From from, float factor) implements ColourStep {}

  /** What a {@link Blend} moves away from, or towards where its factor is below 1. */
  enum From {
    BLACK,
    /** The grey of the pixel itself. */
    GREY,
    /** The mean over the whole image, as it is before this step, of its grey; rounded half up. */
    MEAN_GREY
  }

  /**
   * The hue moved by so many 255ths of the circle, modulo 256, in Pillow's HSV of 8 bits: hue and
   * saturation drop their fractions on the way there, which loses more colour than the turn.
   */
  record ByteHue(int steps) implements ColourStep {}

  /**
   * DALI's {@code Hsv} followed by its {@code BrightnessContrast} round 128, floats between them:
   * in YIQ the chroma is turned and scaled, then {@code brightness (128 + contrast (v - 128))}.
   */
  record Twist(float hueDegrees, float saturation, float brightness, float contrast)
      implements ColourStep {
    private static final double CENTRE = 128;

    /** As DALI has them: rounded, and so not quite inverse to each other. */
    private static final double[][] TO_YIQ = {
      {0.299, 0.587, 0.114}, {0.596, -0.274, -0.321}, {0.211, -0.523, 0.311}
    };

    private static final double[][] TO_RGB = {
      {1, 0.956, 0.621}, {1, -0.272, -0.647}, {1, -1.107, 1.705}
    };

    /**
     * What a channel gets of red, green and blue, nine numbers with those of the red channel first,
     * and what is added to each channel.
     */
    public float[] coefficients() {
      double angle = Math.toRadians(hueDegrees);
      double along = saturation * Math.cos(angle);
      double across = saturation * Math.sin(angle);
      double gain = (double) brightness * contrast;
      float[] coefficients = new float[10];
      for (int to = 0; to < 3; to++) {
        for (int from = 0; from < 3; from++) {
          double i = along * TO_YIQ[1][from] + across * TO_YIQ[2][from];
          double q = along * TO_YIQ[2][from] - across * TO_YIQ[1][from];
          double sum = TO_YIQ[0][from] + TO_RGB[to][1] * i + TO_RGB[to][2] * q;
          coefficients[3 * to + from] = (float) (gain * sum);
        }
      }
      coefficients[9] = (float) (brightness * (CENTRE - CENTRE * contrast));
      return coefficients;
    }
  }
}
