package dev.multibox.backend.cuda;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import dev.multibox.backend.OptimizerKernels;
import dev.multibox.backend.ScaleParams;
import dev.multibox.backend.SgdParams;
import dev.multibox.backend.SgdParams.MomentumForm;
import dev.multibox.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/** {@code optimizer.cu}. */
final class CudaOptimizerKernels extends OptimizerKernels {
  /** Parameters a thread of {@code sgd} owns. */
  private static final int SGD_EACH = 4;

  /** Blocks of {@code check_finite}: enough to fill every GPU, few enough to end on one flag. */
  private static final int CHECK_BLOCKS = 1024;

  private final KernelFamily kernels;
  private final MemorySegment form = Arena.ofAuto().allocate(16, 4);

  CudaOptimizerKernels(KernelFamily kernels) {
    this.kernels = kernels;
  }

  @Override
  protected void runCheckFinite(Tensor gradients, Tensor foundInf) {
    if (gradients.size() > 0) {
      long blocks = KernelFamily.blocks(gradients.size(), KernelFamily.packed(gradients.dtype()));
      kernels
          .launch("check_finite", gradients.dtype())
          .grid(Math.min(blocks, CHECK_BLOCKS))
          .arg(gradients.size())
          .arg(gradients.address())
          .arg(foundInf.address())
          .run(kernels.stream());
    }
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
    if (weights.size() > 0) {
      kernels
          .launch("sgd", gradients.dtype())
          .grid(KernelFamily.blocks(weights.size(), SGD_EACH))
          .arg(weights.size())
          .arg(gradients.address())
          .arg(hyper.address())
          .arg(lossScale.address())
          .arg(structure(params))
          .arg(foundInf.address())
          .arg(weights.address())
          .arg(momentum.address())
          .arg(copies == null ? 0L : copies.address())
          .run(kernels.stream());
    }
  }

  private MemorySegment structure(SgdParams params) {
    boolean inside = params.momentumForm() == MomentumForm.RATE_INSIDE;
    form.setAtIndex(JAVA_FLOAT, 0, params.dampening());
    form.setAtIndex(JAVA_INT, 1, inside ? 1 : 0);
    form.setAtIndex(JAVA_INT, 2, params.nesterov() ? 1 : 0);
    form.setAtIndex(JAVA_INT, 3, params.decayed() ? 1 : 0);
    return form;
  }

  @Override
  protected void runUpdateScale(
      Tensor losses,
      ScaleParams params,
      Tensor foundInf,
      Tensor lossScale,
      Tensor counters,
      Tensor ring) {
    kernels
        .launch("update_scale")
        .block(1)
        .grid(1)
        .arg(losses.address())
        .arg(params.growthInterval())
        .arg(foundInf.address())
        .arg(lossScale.address())
        .arg(counters.address())
        .arg(ring.address())
        .run(kernels.stream());
  }
}
