package dev.multibox.backend.cpu;

import dev.multibox.backend.Gradient;
import dev.multibox.backend.PoolingKernels;
import dev.multibox.backend.PoolingParams;
import dev.multibox.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/** Stub. */
final class CpuPoolingKernels extends PoolingKernels {
  @SuppressWarnings("UnusedVariable")
  private final Parallel parallel;

  CpuPoolingKernels(Parallel parallel) {
    this.parallel = parallel;
  }

  @Override
  protected void runMaxPool(Tensor x, PoolingParams params, Tensor out, @Nullable Tensor argMax) {
    throw new UnsupportedOperationException();
  }

  @Override
  protected void runMaxPoolBackward(Tensor argMax, Tensor dOut, PoolingParams params, Gradient dx) {
    throw new UnsupportedOperationException();
  }
}
