package dev.multibox.eval;

/**
 * One detection.
 *
 * @param xmin the left edge in pixels, as {@code ymin} the upper one
 * @param width in pixels, {@code xmax - xmin}
 * @param score the confidence; only its order counts
 */
public record DetectedObject(
    long imageId,
    int categoryId,
    double xmin,
    double ymin,
    double width,
    double height,
    double score) {

  /**
   * Refuses numbers that have no place in an order.
   *
   * @throws IllegalArgumentException if the box or the score is not finite
   */
  public DetectedObject {
    if (!Double.isFinite(xmin + ymin + width + height + score)) {
      throw new IllegalArgumentException(
          "detection: was %s %s %s %s, score %s in image %d, wanted finite numbers"
              .formatted(xmin, ymin, width, height, score, imageId));
    }
  }

  double xmax() {
    return xmin + width;
  }

  double ymax() {
    return ymin + height;
  }

  double area() {
    return width * height;
  }
}
