package dev.multibox.autograd;

import dev.multibox.backend.PoolingKernels;
import dev.multibox.backend.PoolingParams;
import dev.multibox.tensor.DType;
import dev.multibox.tensor.Shape;
import dev.multibox.tensor.Tensor;
import java.util.List;

/** Rules of {@link PoolingKernels}. */
public final class PoolingOps {
  private PoolingOps() {}

  /** Max pooling; backward keeps the arg-max, a byte an output, and not the input. */
  public static Variable maxPool(Tape tape, Variable x, PoolingParams params) {
    PoolingKernels kernels = tape.backend().pooling();
    Shape shape = params.outputShape(x.shape());
    Tensor y = tape.allocate(shape, x.value().dtype());
    if (!tape.isTraining()) {
      kernels.maxPool(x.value(), params, y, null);
      return Variable.constant(y);
    }
    Tensor argMax = tape.allocate(shape, DType.U8);
    kernels.maxPool(x.value(), params, y, argMax);
    return tape.record(
        "maxPool",
        List.of(x),
        y,
        List.of(argMax),
        out -> kernels.maxPoolBackward(argMax, out.grad(), params, x.gradient()));
  }
}
