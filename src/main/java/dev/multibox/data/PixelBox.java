package dev.multibox.data;

/**
 * A box as annotated, in continuous pixels (see {@link Annotation}), before it is judged by the
 * image it lies on.
 */
record PixelBox(double xmin, double ymin, double xmax, double ymax) {
  /**
   * How far a box may reach over the image's edge and is still cut off there, in pixels: some of
   * VOC's own boxes, and those of tools that count from 0, are one off.
   */
  private static final double SLACK = 1;

  /** What keeps it from being used on an image of this size; empty if nothing does. */
  String fault(ImageSize image) {
    if (xmin < -SLACK
        || ymin < -SLACK
        || xmax > image.width() + SLACK
        || ymax > image.height() + SLACK) {
      return "reaches out of the image of " + image;
    }
    PixelBox cut = cut(image);
    // In float, since that is what the box is trained on in.
    boolean extends2d = (float) cut.xmin < (float) cut.xmax && (float) cut.ymin < (float) cut.ymax;
    return extends2d ? "" : "covers nothing of the image of " + image;
  }

  /** The part of it that lies on the image. */
  PixelBox cut(ImageSize image) {
    return new PixelBox(
        Math.max(0, xmin),
        Math.max(0, ymin),
        Math.min(image.width(), xmax),
        Math.min(image.height(), ymax));
  }

  double area() {
    return (xmax - xmin) * (ymax - ymin);
  }
}
