package dev.multibox.backend.cpu;

import dev.multibox.tensor.Tensor;

/**
 * Boxes in corner form, one array a coordinate, with the bounds of every {@link #GROUP} of them.
 */
final class BoxColumns {
  /** Boxes that share bounds: a few cells of priors, which lie together. */
  static final int GROUP = 32;

  private float[] xmin = new float[0];
  private float[] ymin = new float[0];
  private float[] xmax = new float[0];
  private float[] ymax = new float[0];
  private float[] area = new float[0];

  /** {@code xmin ymin xmax ymax} of each group; NaN is left out, for it overlaps nothing. */
  private float[] bounds = new float[0];

  private int count;

  int count() {
    return count;
  }

  /** Makes room for {@code capacity} boxes and forgets those there were. */
  void clear(int capacity) {
    if (xmin.length < capacity) {
      xmin = new float[capacity];
      ymin = new float[capacity];
      xmax = new float[capacity];
      ymax = new float[capacity];
      area = new float[capacity];
    }
    count = 0;
  }

  void add(Corners box) {
    xmin[count] = box.xmin();
    ymin[count] = box.ymin();
    xmax[count] = box.xmax();
    ymax[count] = box.ymax();
    area[count] = box.area();
    count++;
  }

  /** All boxes of {@code [M, 4]}, and the bounds of their groups. */
  void read(Scratch scratch, Tensor boxes) {
    int size = boxes.shape().intDim(0);
    float[] corners = new float[4 * size];
    FloatStretch.read(scratch, boxes, 0, 4 * size, corners);
    clear(size);
    for (int i = 0; i < size; i++) {
      add(Corners.of(corners, 4 * i));
    }
    bounds = new float[4 * Math.ceilDiv(size, GROUP)];
    for (int from = 0; from < size; from += GROUP) {
      bound(from, Math.min(size, from + GROUP));
    }
  }

  private void bound(int from, int to) {
    float left = Float.POSITIVE_INFINITY;
    float top = Float.POSITIVE_INFINITY;
    float right = Float.NEGATIVE_INFINITY;
    float bottom = Float.NEGATIVE_INFINITY;
    for (int i = from; i < to; i++) {
      left = xmin[i] < left ? xmin[i] : left;
      top = ymin[i] < top ? ymin[i] : top;
      right = xmax[i] > right ? xmax[i] : right;
      bottom = ymax[i] > bottom ? ymax[i] : bottom;
    }
    int at = from / GROUP * 4;
    bounds[at] = left;
    bounds[at + 1] = top;
    bounds[at + 2] = right;
    bounds[at + 3] = bottom;
  }

  /** Whether the box may overlap any of the group of boxes that begins at {@code from}. */
  boolean mayOverlap(int from, Corners box) {
    int at = from / GROUP * 4;
    return bounds[at] < box.xmax()
        && bounds[at + 1] < box.ymax()
        && bounds[at + 2] > box.xmin()
        && bounds[at + 3] > box.ymin();
  }

  /**
   * The IoU of box {@code i} with {@code box}; 0 or NaN where a coordinate is NaN, so that readers
   * ask whether it is greater than something.
   */
  float iou(int i, Corners box, float epsilon) {
    // Comparisons, since Math.min of floats costs more than all the rest.
    float left = xmin[i] > box.xmin() ? xmin[i] : box.xmin();
    float right = xmax[i] < box.xmax() ? xmax[i] : box.xmax();
    float width = right - left;
    if (!(width > 0)) {
      return 0;
    }
    float top = ymin[i] > box.ymin() ? ymin[i] : box.ymin();
    float bottom = ymax[i] < box.ymax() ? ymax[i] : box.ymax();
    float height = bottom - top;
    if (!(height > 0)) {
      return 0;
    }
    float intersection = width * height;
    return intersection / (box.area() + area[i] - intersection + epsilon);
  }

  /**
   * Whether {@code box} goes because of one of the boxes here: its IoU is above {@code threshold},
   * or at it where {@code inclusive}.
   */
  boolean suppress(Corners box, float threshold, boolean inclusive) {
    for (int i = 0; i < count; i++) {
      float iou = iou(i, box, 0);
      if (iou > threshold || (inclusive && (iou > 0 ? iou : 0) == threshold)) {
        return true;
      }
    }
    return false;
  }
}
