package dev.multibox.tensor;

import java.util.Arrays;

/**
 * The extents of a tensor, outermost first; activations are {@code [N, H, W, C]}, filters {@code
 * [K, R, S, C / groups]}. Sizes are {@code long}: nothing is limited to 2^31 elements.
 */
public final class Shape {
  private final long[] dims;
  private final long size;

  private Shape(long[] dims) {
    long product = 1;
    for (long dim : dims) {
      if (dim < 0) {
        throw new IllegalArgumentException(
            "shape: an extent was negative in " + Arrays.toString(dims));
      }
      product = Math.multiplyExact(product, dim);
    }
    this.dims = dims;
    this.size = product;
  }

  /** A shape of these extents; none at all is a scalar of one element. */
  public static Shape of(long... dims) {
    return new Shape(dims.clone());
  }

  public int rank() {
    return dims.length;
  }

  /** The extent of axis {@code axis}; a negative axis counts from the last, as {@code -1}. */
  public long dim(int axis) {
    return dims[axis < 0 ? dims.length + axis : axis];
  }

  /**
   * {@link #dim} of an extent that indexes inside one image.
   *
   * @throws ArithmeticException if it is 2^31 or more
   */
  public int intDim(int axis) {
    return Math.toIntExact(dim(axis));
  }

  /** The number of elements. */
  public long size() {
    return size;
  }

  /** The number of elements behind the last axis: all pixels of an activation. */
  public long rows() {
    return rank() == 0 || dim(-1) == 0 ? 0 : size / dim(-1);
  }

  public long[] dims() {
    return dims.clone();
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Shape shape && Arrays.equals(dims, shape.dims);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(dims);
  }

  /** For example {@code [2, 38, 38, 512]}. */
  @Override
  public String toString() {
    return Arrays.toString(dims);
  }
}
