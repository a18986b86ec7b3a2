package dev.multibox.backend.dry;

import dev.multibox.backend.ConvertKernels;
import dev.multibox.tensor.Tensor;

/** Tells of the tensors of each call. */
final class DryConvertKernels extends ConvertKernels {
  private final Touches touches;

  DryConvertKernels(Touches touches) {
    this.touches = touches;
  }

  @Override
  protected void runConvert(Tensor x, Tensor out) {
    touches.tell(x, out);
  }
}
