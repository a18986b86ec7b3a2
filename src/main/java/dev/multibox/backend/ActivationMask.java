package dev.multibox.backend;

import dev.multibox.tensor.DType;
import dev.multibox.tensor.Shape;
import dev.multibox.tensor.Tensor;

/**
 * One bit for each element of {@code y [..., C]}, set where an activation with the output y passes
 * its gradient: all that backward must know of y, in a sixteenth of an F16 tensor's memory. A mask
 * is {@code [..., ceil(C / 8)]} U8; channel {@code c} is bit {@code c mod 8} of byte {@code c / 8}
 * of its row, and the bits behind the last channel are 0.
 */
public final class ActivationMask {
  private ActivationMask() {}

  /** The shape of the mask of a tensor of this shape. */
  public static Shape shape(Shape x) {
    Checks.require("mask", x.rank() > 0, "x was a scalar, wanted a last axis of channels");
    long[] extents = new long[x.rank()];
    for (int axis = 0; axis < x.rank(); axis++) {
      extents[axis] = x.dim(axis);
    }
    extents[x.rank() - 1] = bytes(extents[x.rank() - 1]);
    return Shape.of(extents);
  }

  private static long bytes(long channels) {
    return Math.ceilDiv(channels, (long) Byte.SIZE);
  }

  /** Refuses what is not a mask of {@code x}. */
  static void check(String op, Tensor mask, Tensor x) {
    Checks.shape(op, "mask", mask, shape(x.shape()));
    Checks.dtype(op, DType.U8, mask);
  }

  /** Refuses an activation whose gradient no mask tells. */
  static void check(String op, Activation activation) {
    Checks.require(
        op, activation.hasMask(), "activation was %s, wanted one that has a mask", activation);
  }
}
