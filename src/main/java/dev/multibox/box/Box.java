package dev.multibox.box;

/**
 * A box in corner form, in any unit; the values are taken as they are, so that a box read from a
 * file can be looked at before it is refused.
 */
public record Box(float xmin, float ymin, float xmax, float ymax) {

  /** The box of this centre and size. */
  public static Box ofCentre(float cx, float cy, float width, float height) {
    return new Box(cx - width / 2, cy - height / 2, cx + width / 2, cy + height / 2);
  }

  /** The box of this corner and size: COCO's form. */
  public static Box ofSize(float xmin, float ymin, float width, float height) {
    return new Box(xmin, ymin, xmin + width, ymin + height);
  }

  public float width() {
    return xmax - xmin;
  }

  public float height() {
    return ymax - ymin;
  }

  public float centreX() {
    return xmin + width() / 2;
  }

  public float centreY() {
    return ymin + height() / 2;
  }

  /** Width times height, 0 for a box without extent. */
  public float area() {
    return hasExtent() ? width() * height() : 0;
  }

  /** Whether width and height are above zero; false where a coordinate is NaN. */
  public boolean hasExtent() {
    return width() > 0 && height() > 0;
  }

  /** {@code |this ∩ other| / |this ∪ other|} (Jaccard), 0 where one has no extent. */
  public float iou(Box other) {
    Box both =
        new Box(
            Math.max(xmin, other.xmin),
            Math.max(ymin, other.ymin),
            Math.min(xmax, other.xmax),
            Math.min(ymax, other.ymax));
    float intersection = both.area();
    return intersection > 0 ? intersection / (area() + other.area() - intersection) : 0;
  }

  /** Coordinates times {@code x} and {@code y}: from the unit square to pixels, or back. */
  public Box scaled(float x, float y) {
    return new Box(xmin * x, ymin * y, xmax * x, ymax * y);
  }

  /** The part inside of {@code [0, width] x [0, height]}. */
  public Box clipped(float width, float height) {
    return new Box(
        Math.clamp(xmin, 0, width),
        Math.clamp(ymin, 0, height),
        Math.clamp(xmax, 0, width),
        Math.clamp(ymax, 0, height));
  }
}
