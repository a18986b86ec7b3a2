package dev.multibox.data;

import java.util.List;

/** How parts of images are cut out, and which objects stay. An object is cut off at the edges. */
public sealed interface CropSettings {
  /** Whole images. */
  static CropSettings none() {
    return new Sampled(List.of(), 0, 1, 1);
  }

  /**
   * Caffe's. Crops whose side is the image's times {@code s = U[minScale, 1]} and whose ratio of
   * width to height is {@code r = U[max(1 / maxAspect, s s), min(maxAspect, 1 / (s s))]} times the
   * image's: {@code s sqrt(r)} wide and {@code s / sqrt(r)} high.
   *
   * <p>For each element of {@code minIous} crops are drawn until one has at least that IoU with at
   * least one object, {@code trials} times at most. One of all that were found is taken, or the
   * whole image, each with equal chance. So an image without objects is never cropped. An object
   * stays if its centre lies in the crop, edges included.
   */
  record Sampled(List<Float> minIous, int trials, float minScale, float maxAspect)
      implements CropSettings {
    public Sampled {
      minIous = List.copyOf(minIous);
    }
  }

  /**
   * Crops whose width and height are the image's times {@code U[minScale, 1]} each, in whole pixels
   * rounded down. One of {@code minIous} is drawn, or the whole image, each with equal chance; then
   * crops, {@code trials} times at most, until one has that IoU and leaves an object; if none does
   * it begins anew. An object stays if its centre lies within the crop.
   *
   * @param maxAspect the most that the ratio of width to height, or the reverse, may be
   * @param aspect of what that is the ratio
   * @param overlap which objects the IoU is asked of
   */
  record Redrawn(
      List<Float> minIous,
      int trials,
      float minScale,
      float maxAspect,
      Aspect aspect,
      Overlap overlap)
      implements CropSettings {
    public Redrawn {
      minIous = List.copyOf(minIous);
    }
  }

  /** The ratio of width to height that is limited. */
  enum Aspect {
    /** The crop's, in pixels: torchvision. */
    OF_CROP,
    /** The crop's over the image's: DALI. */
    OF_IMAGE
  }

  /** The objects that a crop shall overlap. */
  enum Overlap {
    /** At least one of those whose centre lies within it: torchvision. */
    ONE_WITHIN,
    /** All of the image: DALI, which so cuts images with many objects seldom and little. */
    ALL
  }
}
