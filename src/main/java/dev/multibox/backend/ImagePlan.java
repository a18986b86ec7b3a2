package dev.multibox.backend;

import java.util.List;

/**
 * What is done to the pixels of one image on its way into a batch, drawn beforehand: colour steps
 * in order, then a canvas the image is laid on, then a crop of the canvas, stretched over the
 * network's input, then a flip, then colour steps again. Boxes are moved on the host by the same
 * numbers.
 *
 * @param colourSteps applied to the source pixels one after the other, as Caffe does; at most one
 *     of them looks at the whole image, {@link ColourStep.From#MEAN_GREY}
 * @param canvas where the image lies; {@link Canvas#none} for no expansion
 * @param crop the part of the canvas that becomes the input
 * @param flipped whether the result is mirrored left to right
 * @param resize how the crop becomes the input
 * @param lateSteps applied to the resized pixels, which are rounded to 8 bits for it, as DALI does;
 *     none of them looks at the whole image, and the crop shows nothing of the canvas
 */
public record ImagePlan(
    List<ColourStep> colourSteps,
    Canvas canvas,
    Crop crop,
    boolean flipped,
    Resize resize,
    List<ColourStep> lateSteps) {

  public ImagePlan {
    colourSteps = List.copyOf(colourSteps);
    lateSteps = List.copyOf(lateSteps);
    long means = colourSteps.stream().filter(ImagePlan::takesMean).count();
    Checks.require("plan", means <= 1, "%d steps blend with the mean, wanted at most one", means);
    Checks.require(
        "plan",
        lateSteps.stream().noneMatch(ImagePlan::takesMean),
        "a late step blends with the mean, which only steps before the resize may");
  }

  /** A plan whose colours are done before the resize. */
  public ImagePlan(
      List<ColourStep> colourSteps, Canvas canvas, Crop crop, boolean flipped, Resize resize) {
    this(colourSteps, canvas, crop, flipped, resize, List.of());
  }

  private static boolean takesMean(ColourStep step) {
    return step instanceof ColourStep.Blend blend && blend.from() == ColourStep.From.MEAN_GREY;
  }

  /** Which of the colour steps blends with the mean grey; -1 if none does. */
  public int meanStep() {
    for (int i = 0; i < colourSteps.size(); i++) {
      if (takesMean(colourSteps.get(i))) {
        return i;
      }
    }
    return -1;
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
}
