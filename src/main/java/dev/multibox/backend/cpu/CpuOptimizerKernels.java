package dev.multibox.backend.cpu;

import dev.multibox.backend.OptimizerKernels;
import dev.multibox.backend.SgdParams;
import dev.multibox.tensor.Tensor;

/** Stub. */
final class CpuOptimizerKernels extends OptimizerKernels {
  @SuppressWarnings("UnusedVariable")
  private final Parallel parallel;

  CpuOptimizerKernels(Parallel parallel) {
    this.parallel = parallel;
  }

  @Override
  protected void runCheckFinite(Tensor gradients, Tensor foundInf) {
    throw new UnsupportedOperationException();
  }

  @Override
  protected void runSgd(
      Tensor weights,
      Tensor momentum,
      Tensor gradients,
      Tensor hyper,
      SgdParams params,
      Tensor foundInf) {
    throw new UnsupportedOperationException();
  }
}
