package dev.multibox.backend.cpu;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import dev.multibox.tensor.Tensor;
import java.lang.foreign.MemorySegment;

/** Boxes in corner form, one array a coordinate, so that a loop over them is a loop of vectors. */
final class BoxColumns {
  private float[] xmin = new float[0];
  private float[] ymin = new float[0];
  private float[] xmax = new float[0];
  private float[] ymax = new float[0];
  private float[] area = new float[0];
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

  /** All boxes of {@code [M, 4]}. */
  void read(Tensor boxes) {
    int size = boxes.shape().intDim(0);
    clear(size);
    MemorySegment memory = boxes.host();
    for (long i = 0; i < 4L * size; i += 4) {
      add(
          memory.getAtIndex(JAVA_FLOAT, i),
          memory.getAtIndex(JAVA_FLOAT, i + 1),
          memory.getAtIndex(JAVA_FLOAT, i + 2),
          memory.getAtIndex(JAVA_FLOAT, i + 3));
    }
  }

  void add(float left, float top, float right, float bottom) {
    xmin[count] = left;
    ymin[count] = top;
    xmax[count] = right;
    ymax[count] = bottom;
    area[count] = (right - left) * (bottom - top);
    count++;
  }

  /**
   * The IoU of the box at {@code at} in {@code box} with boxes {@code [from, to)}, into the front
   * of {@code out}. Where it is not above zero, {@code out} may hold a zero of either sign or NaN:
   * readers ask whether it is greater than something.
   */
  void iou(float[] box, int at, float epsilon, int from, int to, float[] out) {
    float left = box[at];
    float top = box[at + 1];
    float right = box[at + 2];
    float bottom = box[at + 3];
    float own = (right - left) * (bottom - top);
    for (int i = from; i < to; i++) {
      float width = Math.min(xmax[i], right) - Math.max(xmin[i], left);
      float height = Math.min(ymax[i], bottom) - Math.max(ymin[i], top);
      float intersection = Math.max(width, 0f) * Math.max(height, 0f);
      out[i - from] = intersection / (own + area[i] - intersection + epsilon);
    }
  }

  /**
   * Whether a box of these corners goes because of one of the boxes here: its IoU is above {@code
   * threshold}, or at it where {@code inclusive}.
   */
  boolean overlaps(
      float left, float top, float right, float bottom, float threshold, boolean inclusive) {
    float own = (right - left) * (bottom - top);
    for (int i = 0; i < count; i++) {
      float width = Math.min(xmax[i], right) - Math.max(xmin[i], left);
      float height = Math.min(ymax[i], bottom) - Math.max(ymin[i], top);
      float iou = 0;
      if (width > 0 && height > 0) {
        float intersection = width * height;
        iou = intersection / (own + area[i] - intersection);
      }
      if (iou > threshold || (inclusive && iou == threshold)) {
        return true;
      }
    }
    return false;
  }
}
