package dev.multibox.eval;

/**
 * One annotated object. COCO's metric reads {@code area} and {@code crowd}, VOC's reads {@code
 * difficult}.
 *
 * @param id the annotation's number, unique in its data set. COCO's metric takes 0 for no
 *     annotation, as pycocotools does: what matches it counts as a false positive
 * @param xmin the left edge in pixels, as {@code ymin} the upper one
 * @param width in pixels, {@code xmax - xmin}; for VOC without the 1 that inclusive pixels add
 * @param area in pixels, for COCO the area of the segmentation, not of the box
 * @param crowd whether the box stands for a group: detections in it count neither way
 * @param difficult whether finding the object counts neither way
 */
public record GroundTruthObject(
    long id,
    long imageId,
    int categoryId,
    double xmin,
    double ymin,
    double width,
    double height,
    double area,
    boolean crowd,
    boolean difficult) {

  /**
   * Refuses numbers that have no place in an order.
   *
   * @throws IllegalArgumentException if the box or the area is not finite
   */
  public GroundTruthObject {
    if (!Double.isFinite(xmin + ymin + width + height + area)) {
      throw new IllegalArgumentException(
          "ground truth: was %s %s %s %s, area %s in image %d, wanted finite numbers"
              .formatted(xmin, ymin, width, height, area, imageId));
    }
  }

  double xmax() {
    return xmin + width;
  }

  double ymax() {
    return ymin + height;
  }
}
