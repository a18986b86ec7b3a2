package dev.multibox.weights;

import dev.multibox.tensor.Shape;
import java.lang.foreign.MemorySegment;
import java.util.List;

/**
 * Where the elements of a tensor lie in its storage: {@code [i, j, ...]} is element {@code offset +
 * i strides[0] + j strides[1] + ...}. PyTorch's transposed, expanded and channels-last tensors are
 * such views.
 *
 * @param offset the first element, not negative
 * @param steps for each axis, elements from one index to the next, not negative
 */
record Strides(long offset, Shape shape, List<Long> steps) {
  /**
   * How many elements a storage must have: none for an empty tensor, which PyTorch may have begin
   * behind the end of its storage.
   *
   * @throws ArithmeticException if that is more than a {@code long} counts
   */
  long storageElements() {
    if (shape.size() == 0) {
      return 0;
    }
    long last = offset;
    for (int axis = 0; axis < shape.rank(); axis++) {
      last =
          Math.addExact(last, Math.multiplyExact(shape.dim(axis) - 1, steps.get(axis).longValue()));
    }
    return Math.addExact(last, 1);
  }

  /** Whether the elements lie one behind the other, the last axis first. */
  boolean isRowMajor() {
    long expected = 1;
    for (int axis = shape.rank() - 1; axis >= 0; axis--) {
      if (shape.dim(axis) != 1 && steps.get(axis) != expected) {
        return false;
      }
      expected *= shape.dim(axis);
    }
    return true;
  }

  /**
   * Copies the elements, each of {@code elementBytes}, from their storage to row-major order.
   *
   * @param storage at least {@link #storageElements} elements
   * @param rowMajor {@code shape.size()} elements
   */
  void gather(MemorySegment storage, int elementBytes, MemorySegment rowMajor) {
    if (shape.size() == 0) {
      return;
    }
    int rank = shape.rank();
    long rowLength = rank == 0 ? 1 : shape.dim(-1);
    long rowStep = rank == 0 ? 1 : steps.getLast();
    long[] index = new long[rank];
    long from = offset;
    for (long to = 0; to < shape.size(); to += rowLength) {
      gatherRow(storage, from, rowStep, rowMajor, to, rowLength, elementBytes);
      from = nextRow(index, from);
    }
  }

  /** Counts {@code index} on by one row, and {@code from} with it. */
  private long nextRow(long[] index, long from) {
    long next = from;
    for (int axis = index.length - 2; axis >= 0; axis--) {
      next += steps.get(axis);
      if (++index[axis] < shape.dim(axis)) {
        return next;
      }
      next -= index[axis] * steps.get(axis);
      index[axis] = 0;
    }
    return next;
  }

  private static void gatherRow(
      MemorySegment storage,
      long from,
      long step,
      MemorySegment rowMajor,
      long to,
      long length,
      int elementBytes) {
    if (step == 1) {
      MemorySegment.copy(
          storage, from * elementBytes, rowMajor, to * elementBytes, length * elementBytes);
      return;
    }
    for (long i = 0; i < length; i++) {
      MemorySegment.copy(
          storage,
          (from + i * step) * elementBytes,
          rowMajor,
          (to + i) * elementBytes,
          elementBytes);
    }
  }
}
