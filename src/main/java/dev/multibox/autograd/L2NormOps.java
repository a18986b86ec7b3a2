package dev.multibox.autograd;

import dev.multibox.backend.L2NormKernels;
import dev.multibox.tensor.DType;
import dev.multibox.tensor.Shape;
import dev.multibox.tensor.Tensor;
import java.util.List;

/** Rules of {@link L2NormKernels}. */
public final class L2NormOps {
  private L2NormOps() {}

  /** L2 normalisation over channels with a learned scale for each. */
  public static Variable l2Norm(
      Tape tape, Variable x, Variable scale, L2NormKernels.Guard guard, float epsilon) {
    L2NormKernels kernels = tape.backend().l2Norm();
    Tensor y = tape.allocate(x.shape(), x.value().dtype());
    Tensor norm = tape.allocate(Shape.of(x.shape().rows()), DType.F32);
    kernels.forward(x.value(), scale.value(), guard, epsilon, norm, y);
    Variable result =
        tape.record(
            "l2Norm",
            List.of(x, scale),
            y,
            List.of(norm),
            out ->
                kernels.backward(
                    x.value(),
                    scale.value(),
                    guard,
                    epsilon,
                    norm,
                    out.grad(),
                    x.gradient(),
                    scale.gradient()));
    if (tape.recompute() != Recompute.NONE && result.needsGradient()) {
      result.setPending(new Pending.L2Norm(x, scale.value(), guard, epsilon, norm));
    }
    return result;
  }
}
