package dev.multibox.nn;

import dev.multibox.tensor.Shape;

/** Between a parameter's own shape and the padded one it is stored in. */
final class Padding {
  private Padding() {}

  /**
   * {@code values} of shape {@code inner} at the start of each axis of {@code outer}, else zeros.
   */
  static float[] pad(float[] values, Shape inner, Shape outer) {
    if (inner.equals(outer)) {
      return values;
    }
    float[] padded = new float[Math.toIntExact(outer.size())];
    copyRows(
        inner,
        outer,
        (innerAt, outerAt, n) -> {
          System.arraycopy(values, innerAt, padded, outerAt, n);
        });
    return padded;
  }

  /** The inverse of {@link #pad}. */
  static float[] strip(float[] padded, Shape inner, Shape outer) {
    if (inner.equals(outer)) {
      return padded;
    }
    float[] values = new float[Math.toIntExact(inner.size())];
    copyRows(
        inner,
        outer,
        (innerAt, outerAt, n) -> {
          System.arraycopy(padded, outerAt, values, innerAt, n);
        });
    return values;
  }

  @FunctionalInterface
  private interface RowCopy {
    void copy(int innerAt, int outerAt, int elements);
  }

  /** Visits every row of the last axis of {@code inner} with its place in both. */
  private static void copyRows(Shape inner, Shape outer, RowCopy copy) {
    int last = inner.intDim(-1);
    int rows = Math.toIntExact(inner.rows());
    for (int row = 0; row < rows; row++) {
      int rest = row;
      int outerRow = 0;
      int stride = 1;
      for (int axis = inner.rank() - 2; axis >= 0; axis--) {
        outerRow += rest % inner.intDim(axis) * stride;
        rest /= inner.intDim(axis);
        stride *= outer.intDim(axis);
      }
      copy.copy(row * last, outerRow * outer.intDim(-1), last);
    }
  }
}
