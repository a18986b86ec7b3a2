package dev.multibox.data;

/** What may happen to the colours of a training image. */
public sealed interface ColourSettings {
  /** Nothing. */
  static ColourSettings none() {
    return new Distortion(Arithmetic.OPENCV, 0, 0, 0, 0, 0, 0);
  }

  /**
   * Steps on the source image, each drawn with {@code probability}. Brightness comes first;
   * contrast comes second or last, with equal chance; saturation comes before the hue. A shuffle of
   * the channels is drawn with its own probability behind them.
   *
   * @param arithmetic whose steps they are
   * @param brightness added to a value, from {@code -brightness} to {@code brightness}, by OpenCV;
   *     multiplied with it, from {@code 1 - brightness} to {@code 1 + brightness}, by Pillow
   * @param contrast a factor from {@code 1 - contrast} to {@code 1 + contrast}
   * @param saturation a factor likewise
   * @param hueDegrees the most that the hue is turned, either way
   */
  record Distortion(
      Arithmetic arithmetic,
      float probability,
      float brightness,
      float contrast,
      float saturation,
      float hueDegrees,
      float shuffleProbability)
      implements ColourSettings {}

  /** How the steps of a {@link Distortion} are computed. */
  enum Arithmetic {
    /** Contrast away from black, saturation and hue in HSV: Caffe. */
    OPENCV,
    /**
     * Brightness, contrast and saturation by blending with black, the image's mean grey and the
     * pixel's grey, the hue in whole 255ths of the circle: torchvision.
     */
    PILLOW
  }

  /**
   * DALI's twist of the resized image, of every image: factors from {@code 1 - x} to {@code 1 + x}
   * and a turn of the hue by at most {@code hueDegrees} either way.
   */
  record Twist(float brightness, float contrast, float saturation, float hueDegrees)
      implements ColourSettings {}
}
