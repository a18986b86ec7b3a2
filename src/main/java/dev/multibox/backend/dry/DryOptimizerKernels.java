package dev.multibox.backend.dry;

import dev.multibox.backend.OptimizerKernels;
import dev.multibox.backend.ScaleParams;
import dev.multibox.backend.SgdParams;
import dev.multibox.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/** Tells of the tensors of each call. */
final class DryOptimizerKernels extends OptimizerKernels {
  private final Touches touches;

  DryOptimizerKernels(Touches touches) {
    this.touches = touches;
  }

  @Override
  protected void runCheckFinite(Tensor gradients, Tensor foundInf) {
    touches.tell(gradients, foundInf);
  }

  @Override
  protected void runSgd(
      Tensor weights,
      Tensor momentum,
      Tensor gradients,
      @Nullable Tensor copies,
      Tensor hyper,
      Tensor lossScale,
      SgdParams params,
      Tensor foundInf) {
    touches.tell(weights, momentum, gradients, copies, hyper, lossScale, foundInf);
  }

  @Override
  protected void runUpdateScale(
      Tensor losses,
      ScaleParams params,
      Tensor foundInf,
      Tensor lossScale,
      Tensor counters,
      Tensor ring) {
    touches.tell(losses, foundInf, lossScale, counters, ring);
  }
}
