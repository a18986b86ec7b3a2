package dev.multibox.backend.cpu;

import dev.multibox.backend.Gradient;
import dev.multibox.backend.L2NormKernels;
import dev.multibox.tensor.Tensor;

/** Stub. */
final class CpuL2NormKernels extends L2NormKernels {
  @SuppressWarnings("UnusedVariable")
  private final Parallel parallel;

  CpuL2NormKernels(Parallel parallel) {
    this.parallel = parallel;
  }

  @Override
  protected void runForward(
      Tensor x, Tensor scale, Guard guard, float epsilon, Tensor norm, Tensor out) {
    throw new UnsupportedOperationException();
  }

  @Override
  protected void runBackward(
      Tensor x,
      Tensor scale,
      Guard guard,
      float epsilon,
      Tensor norm,
      Tensor dOut,
      Gradient dx,
      Gradient dScale) {
    throw new UnsupportedOperationException();
  }
}
