package dev.multibox.data;

import dev.multibox.backend.ImagePlan.Resize;
import java.util.List;

/**
 * How training images are varied: colours, then a larger canvas, then a crop, then the resize to
 * the network's input, then a flip, in this order (Caffe's; section 2.2 of the SSD paper, with the
 * expansion of section 3.6).
 *
 * @param colours what may happen to the colours
 * @param expand how images are laid on larger canvases
 * @param crop how parts of them are cut out
 * @param flipProbability of mirroring left to right
 * @param resizes the ways to resample, one drawn uniformly for each image
 * @param useDifficult whether objects marked difficult are trained on, as Caffe does; crowds never
 *     are
 */
public record AugmentationSettings(
    Colours colours,
    Expand expand,
    Crop crop,
    float flipProbability,
    List<Resize> resizes,
    boolean useDifficult) {

  public AugmentationSettings {
    resizes = List.copyOf(resizes);
    if (resizes.isEmpty()) {
      throw new IllegalArgumentException("augmentation: resizes was empty, wanted at least one");
    }
  }

  /**
   * Colour distortions, each drawn with {@code probability}: {@code v + U[-brightness,
   * brightness]}, {@code v U[1 - contrast, 1 + contrast]}, saturation likewise, the hue turned by
   * {@code U[-hueDegrees, hueDegrees]}. Brightness comes first; contrast comes second or last, with
   * equal chance. A shuffle of the channels is drawn with its own probability behind them.
   */
  public record Colours(
      float probability,
      float brightness,
      float contrast,
      float saturation,
      float hueDegrees,
      float shuffleProbability) {}

  /**
   * A canvas of the mean colour whose sides are the image's times {@code U[1, maxRatio]}, the image
   * anywhere on it, drawn with {@code probability}.
   */
  public record Expand(float probability, float maxRatio) {}

  /**
   * Crops whose side is the image's times {@code s = U[minScale, 1]} and whose ratio of width to
   * height is {@code r = U[max(1 / maxAspect, s s), min(maxAspect, 1 / (s s))]} times the image's:
   * {@code s sqrt(r)} wide and {@code s / sqrt(r)} high.
   *
   * <p>For each element of {@code minIous} crops are drawn until one has at least that IoU with at
   * least one object, {@code trials} times at most. One of all that were found is taken, or the
   * whole image, each with equal chance. So an image without objects is never cropped. An object
   * stays if its centre lies in the crop, edges included, and is cut off at the crop's edges.
   */
  public record Crop(List<Float> minIous, int trials, float minScale, float maxAspect) {
    public Crop {
      minIous = List.copyOf(minIous);
    }
  }

  /**
   * The recipe of SSD's own release: every distortion with probability 0.5, canvases of up to four
   * times the side, crops of at least 0.1, 0.3, 0.5, 0.7, 0.9 or any IoU, five ways to resample.
   * The hue turns all the way round, where Caffe's 8-bit arithmetic stops at red.
   */
  public static AugmentationSettings caffe() {
    return new AugmentationSettings(
        new Colours(0.5f, 32, 0.5f, 0.5f, 36, 0),
        new Expand(0.5f, 4),
        new Crop(List.of(0.1f, 0.3f, 0.5f, 0.7f, 0.9f, 0f), 50, 0.3f, 2),
        0.5f,
        List.of(Resize.BILINEAR, Resize.AREA, Resize.NEAREST, Resize.BICUBIC, Resize.LANCZOS4),
        true);
  }

  /**
   * For small networks trained for minutes from random weights on a few hundred photographs, which
   * they would otherwise learn by heart: Caffe's crops, its colours with half the turn of the hue,
   * and a third of its expansions, to at most twice the side; one way to resample.
   */
  public static AugmentationSettings light() {
    return new AugmentationSettings(
        new Colours(0.5f, 32, 0.5f, 0.5f, 18, 0),
        new Expand(0.3f, 2),
        caffe().crop,
        0.5f,
        List.of(Resize.BILINEAR),
        true);
  }

  /** Flips alone, for drawn images of which there are enough for a short run. */
  public static AugmentationSettings flips() {
    AugmentationSettings none = none();
    return new AugmentationSettings(
        none.colours, none.expand, none.crop, 0.5f, none.resizes, none.useDifficult);
  }

  /** The whole image stretched over the input, bilinear. */
  public static AugmentationSettings none() {
    return none(Resize.BILINEAR);
  }

  /** For evaluation: the whole image stretched over the input. */
  public static AugmentationSettings none(Resize resize) {
    return new AugmentationSettings(
        new Colours(0, 0, 0, 0, 0, 0),
        new Expand(0, 1),
        new Crop(List.of(), 0, 1, 1),
        0,
        List.of(resize),
        true);
  }
}
