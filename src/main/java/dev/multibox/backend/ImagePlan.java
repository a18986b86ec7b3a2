package dev.multibox.backend;

import java.util.List;

/**
 * What is done to the pixels of one image on its way into a batch, drawn beforehand: colour steps
 * in order, then a canvas the image is laid on, then a crop of the canvas, stretched over the
 * network's input, then a flip. Boxes are moved on the host by the same numbers.
 *
 * @param colourSteps applied to the source pixels one after the other, saturating to 8 bits each
 *     time, as Caffe does
 * @param canvas where the image lies; {@link Canvas#none} for no expansion
 * @param crop the part of the canvas that becomes the input
 * @param flipped whether the result is mirrored left to right
 * @param resize how the crop becomes the input
 */
public record ImagePlan(
    List<ColourStep> colourSteps, Canvas canvas, Crop crop, boolean flipped, Resize resize) {

  public ImagePlan {
    colourSteps = List.copyOf(colourSteps);
  }

  /** The whole image stretched over the input, as in evaluation. */
  public static ImagePlan whole(int width, int height, Resize resize) {
    return new ImagePlan(
        List.of(), Canvas.none(width, height), new Crop(0, 0, width, height), false, resize);
  }

  /**
   * A canvas in pixels with the image's top left corner at {@code (left, top)}; where there is no
   * image it has the mean colour, which normalises to zero.
   */
  public record Canvas(int width, int height, int left, int top) {
    public Canvas {
      Checks.require(
          "canvas", width > 0 && height > 0, "was %d x %d, wanted a pixel", width, height);
    }

    /** A canvas of just the image. */
    public static Canvas none(int width, int height) {
      return new Canvas(width, height, 0, 0);
    }
  }

  /** A rectangle of whole canvas pixels. */
  public record Crop(int left, int top, int width, int height) {
    public Crop {
      Checks.require("crop", width > 0 && height > 0, "was %d x %d, wanted a pixel", width, height);
    }
  }

  /**
   * How a crop is resampled, along each axis by itself. Sample points are at half-pixel centres,
   * the crop's edges repeat. What kernels with negative weights overshoot is cut off at 0 and 255.
   */
  public enum Resize {
    /** The nearest pixel: {@code floor(i scale)}, as OpenCV. */
    NEAREST,
    /** Two by two pixels whatever the scale: OpenCV's linear, torchvision without antialias. */
    BILINEAR,
    /**
     * A triangle as wide as the scale when shrinking, weighed anew where an edge cuts it off: PIL's
     * and DALI's linear.
     */
    BILINEAR_ANTIALIAS,
    /**
     * The mean of the covered area when shrinking, {@link #BILINEAR} when growing: OpenCV's area,
     * which looks at both axes together where this looks at each.
     */
    AREA,
    /** Four by four pixels, Keys' kernel with a = -0.75: OpenCV's cubic. */
    BICUBIC,
    /** Eight by eight pixels: OpenCV's Lanczos4. */
    LANCZOS4;

    /** Whether results may lie beyond those of the pixels they are made of. */
    public boolean overshoots() {
      return this == BICUBIC || this == LANCZOS4;
    }
  }

  /** One colour distortion, on RGB in 0 to 255; its result is rounded to 8 bits, half up. */
  public sealed interface ColourStep {
    /** {@code v + delta}. */
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
  }
}
