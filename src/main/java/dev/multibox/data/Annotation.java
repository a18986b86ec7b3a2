package dev.multibox.data;

import dev.multibox.backend.Checks;

/**
 * One object of an image. Coordinates are continuous pixels: the first pixel of a row covers {@code
 * [0, 1]}, so VOC's inclusive pixel numbers {@code xmin..xmax} from 1 become {@code [xmin - 1,
 * xmax]}.
 *
 * @param category index into {@link Dataset#categories}, from 0; see {@link #label}
 * @param xmin left edge in pixels
 * @param ymin top edge in pixels
 * @param xmax right edge in pixels, above {@code xmin}
 * @param ymax bottom edge in pixels, above {@code ymin}
 * @param difficult VOC's flag: evaluation neither rewards nor punishes finding it
 * @param crowd COCO's flag: the box surrounds a group; few train on it
 * @param area the object's area in pixels, which COCO's size classes go by: its mask's where there
 *     is one, else the box's
 */
public record Annotation(
    int category,
    float xmin,
    float ymin,
    float xmax,
    float ymax,
    boolean difficult,
    boolean crowd,
    double area) {

  public Annotation {
    Checks.require("annotation", category >= 0, "category was %d, wanted at least 0", category);
    Checks.require(
        "annotation",
        xmin < xmax && ymin < ymax,
        "box was %s,%s,%s,%s, wanted xmin < xmax and ymin < ymax",
        xmin,
        ymin,
        xmax,
        ymax);
  }

  /** A box of these corners. */
  static Annotation of(int category, PixelBox box, boolean difficult, boolean crowd, double area) {
    return new Annotation(
        category,
        (float) box.xmin(),
        (float) box.ymin(),
        (float) box.xmax(),
        (float) box.ymax(),
        difficult,
        crowd,
        area);
  }

  /** The same object of another category. */
  Annotation of(int otherCategory) {
    return new Annotation(otherCategory, xmin, ymin, xmax, ymax, difficult, crowd, area);
  }

  /** The class a network learns for this object; 0 is background. */
  public int label() {
    return category + 1;
  }
}
