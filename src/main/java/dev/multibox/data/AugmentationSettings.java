package dev.multibox.data;

import dev.multibox.backend.ImagePlan.Resize;
import java.util.List;

/**
 * How training images are varied: colours, then a larger canvas, then a crop, then the resize to
 * the network's input, then a flip, in this order (Caffe's; section 2.2 of the SSD paper, with the
 * expansion of section 3.6). Some colours come behind the resize.
 *
 * @param colours what may happen to the colours
 * @param expand how images are laid on larger canvases
 * @param crop how parts of them are cut out
 * @param flipProbability of mirroring left to right
 * @param resizes the ways to resample, one drawn uniformly for each image
 * @param objects which objects are trained on, and which images
 */
public record AugmentationSettings(
    ColourSettings colours,
    Expand expand,
    CropSettings crop,
    float flipProbability,
    List<Resize> resizes,
    ObjectSettings objects) {

  public AugmentationSettings {
    resizes = List.copyOf(resizes);
    if (resizes.isEmpty()) {
      throw new IllegalArgumentException("augmentation: resizes was empty, wanted at least one");
    }
  }

  /**
   * A canvas of the mean colour whose sides are the image's times {@code U[1, maxRatio]}, the image
   * anywhere on it, drawn with {@code probability}.
   */
  public record Expand(float probability, float maxRatio) {
    /** No canvas. */
    public static Expand none() {
      return new Expand(0, 1);
    }
  }

  /**
   * The recipe of SSD's own release: every distortion with probability 0.5, canvases of up to four
   * times the side, crops of at least 0.1, 0.3, 0.5, 0.7, 0.9 or any IoU, five ways to resample.
   * The hue turns all the way round, where Caffe's 8-bit arithmetic stops at red.
   */
  public static AugmentationSettings caffe() {
    return new AugmentationSettings(
        opencv(36),
        new Expand(0.5f, 4),
        new CropSettings.Sampled(List.of(0.1f, 0.3f, 0.5f, 0.7f, 0.9f, 0f), 50, 0.3f, 2),
        0.5f,
        List.of(Resize.BILINEAR, Resize.AREA, Resize.NEAREST, Resize.BICUBIC, Resize.LANCZOS4),
        ObjectSettings.caffe());
  }

  /**
   * For small networks trained for minutes from random weights on a few hundred photographs, which
   * they would otherwise learn by heart: Caffe's crops, its colours with half the turn of the hue,
   * and a third of its expansions, to at most twice the side; one way to resample.
   */
  public static AugmentationSettings light() {
    return new AugmentationSettings(
        opencv(18),
        new Expand(0.3f, 2),
        caffe().crop,
        0.5f,
        List.of(Resize.BILINEAR),
        ObjectSettings.caffe());
  }

  private static ColourSettings opencv(float hueDegrees) {
    return new ColourSettings.Distortion(
        ColourSettings.Arithmetic.OPENCV, 0.5f, 32, 0.5f, 0.5f, hueDegrees, 0);
  }

  /**
   * NVIDIA's pipeline of DALI: crops that all objects overlap, a resize with antialias, and behind
   * it a twist of every image's colours, whose half a degree of hue is next to nothing.
   */
  public static AugmentationSettings nvidia() {
    return new AugmentationSettings(
        new ColourSettings.Twist(0.125f, 0.5f, 0.5f, 0.5f),
        Expand.none(),
        new CropSettings.Redrawn(
            List.of(0f, 0.1f, 0.3f, 0.5f, 0.7f, 0.9f),
            1,
            0.3f,
            2,
            CropSettings.Aspect.OF_IMAGE,
            CropSettings.Overlap.ALL),
        0.5f,
        List.of(Resize.BILINEAR_ANTIALIAS),
        ObjectSettings.dali());
  }

  /**
   * The preset {@code ssd} of torchvision's references, on Pillow's images. They normalise before
   * the resize, which is the same but for rounding.
   */
  public static AugmentationSettings torchvision() {
    AugmentationSettings lite = torchvisionLite();
    return new AugmentationSettings(
        new ColourSettings.Distortion(
            ColourSettings.Arithmetic.PILLOW, 0.5f, 0.125f, 0.5f, 0.5f, 18, 0.5f),
        new Expand(0.5f, 4),
        lite.crop,
        lite.flipProbability,
        lite.resizes,
        lite.objects);
  }

  /** Their preset {@code ssdlite}: crops and flips. */
  public static AugmentationSettings torchvisionLite() {
    return new AugmentationSettings(
        ColourSettings.none(),
        Expand.none(),
        new CropSettings.Redrawn(
            List.of(0f, 0.1f, 0.3f, 0.5f, 0.7f, 0.9f),
            40,
            0.3f,
            2,
            CropSettings.Aspect.OF_CROP,
            CropSettings.Overlap.ONE_WITHIN),
        0.5f,
        List.of(Resize.BILINEAR),
        ObjectSettings.torchvision());
  }

  /** Flips alone, for drawn images of which there are enough for a short run. */
  public static AugmentationSettings flips() {
    AugmentationSettings none = none();
    return new AugmentationSettings(
        none.colours, none.expand, none.crop, 0.5f, none.resizes, none.objects);
  }

  /** The whole image stretched over the input, bilinear. */
  public static AugmentationSettings none() {
    return none(Resize.BILINEAR);
  }

  /** For evaluation: the whole image stretched over the input. */
  public static AugmentationSettings none(Resize resize) {
    return new AugmentationSettings(
        ColourSettings.none(),
        Expand.none(),
        CropSettings.none(),
        0,
        List.of(resize),
        ObjectSettings.caffe());
  }
}
