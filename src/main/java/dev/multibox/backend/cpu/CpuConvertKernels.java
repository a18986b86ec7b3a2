package dev.multibox.backend.cpu;

import dev.multibox.backend.ConvertKernels;
import dev.multibox.tensor.Tensor;

/** Stub. */
final class CpuConvertKernels extends ConvertKernels {
  @SuppressWarnings("UnusedVariable")
  private final Parallel parallel;

  CpuConvertKernels(Parallel parallel) {
    this.parallel = parallel;
  }

  @Override
  protected void runConvert(Tensor x, Tensor out) {
    throw new UnsupportedOperationException();
  }
}
