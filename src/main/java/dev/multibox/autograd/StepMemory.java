package dev.multibox.autograd;

import dev.multibox.tensor.DType;
import dev.multibox.tensor.Shape;
import dev.multibox.tensor.Tensor;

/**
 * Where a step's activations, gradients and workspace live. The tape takes from it and returns each
 * block at its last use; the same sequence of calls yields the same addresses every step.
 */
public interface StepMemory {
  /** A tensor of unspecified content. */
  Tensor allocate(Shape shape, DType dtype);

  /**
   * Takes back a tensor that {@link #allocate} gave and that nothing reads any more.
   *
   * @throws IllegalStateException if it was not handed out, or was taken back before
   */
  void release(Tensor tensor);

  /** Bytes of the device that this holds, in use or not. */
  long reservedBytes();
}
