package dev.multibox.backend.dry;

import dev.multibox.backend.Gradient;
import dev.multibox.backend.PoolingKernels;
import dev.multibox.backend.PoolingParams;
import dev.multibox.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/** Tells of the tensors of each call. */
final class DryPoolingKernels extends PoolingKernels {
  private final Touches touches;

  DryPoolingKernels(Touches touches) {
    this.touches = touches;
  }

  @Override
  protected void runMaxPool(Tensor x, PoolingParams params, Tensor out, @Nullable Tensor argMax) {
    touches.tell(x, out, argMax);
  }

  @Override
  protected void runMaxPoolBackward(Tensor argMax, Tensor dOut, PoolingParams params, Gradient dx) {
    touches.tell(argMax, dOut, dx.tensor());
  }

  @Override
  protected void runGlobalAverage(Tensor x, Tensor out) {
    touches.tell(x, out);
  }

  @Override
  protected void runGlobalAverageBackward(Tensor dOut, Gradient dx) {
    touches.tell(dOut, dx.tensor());
  }
}
