package dev.multibox.backend.cuda;

import dev.multibox.backend.Gradient;
import dev.multibox.backend.HeadOutputs;
import dev.multibox.backend.LossKernels;
import dev.multibox.backend.LossParams;
import dev.multibox.backend.cuda.driver.Launch;
import dev.multibox.tensor.DType;
import dev.multibox.tensor.Tensor;
import java.util.List;

/** {@code loss.cu}; SSD's loss is {@link CudaMultiboxLoss}'s. */
final class CudaLossKernels extends LossKernels {
  private final KernelFamily kernels;
  private final CudaMultiboxLoss multibox;
  private final SharedRows rows = new SharedRows();

  CudaLossKernels(KernelFamily kernels, CudaMultiboxLoss multibox) {
    this.kernels = kernels;
    this.multibox = multibox;
  }

  /** A block for some whole rows of {@code x [M, K]}, and what all such kernels take first. */
  private Launch perRow(String op, Tensor x) {
    int classes = x.shape().intDim(1);
    int each = SharedRows.cells(classes, 1);
    return SharedRows.withRoom(kernels.launch(op, x.dtype()), each, classes)
        .grid(Math.ceilDiv(x.shape().dim(0), each))
        .arg(x.shape().dim(0))
        .arg(rows.structure(classes))
        .arg(each)
        .arg(x.address());
  }

  @Override
  protected void runSoftmax(Tensor x, Tensor out) {
    if (x.size() > 0) {
      perRow("softmax", x).arg(out.address()).run(kernels.stream());
    }
  }

  @Override
  protected void runCrossEntropy(Tensor x, Tensor target, Tensor out) {
    if (out.size() > 0) {
      perRow("cross_entropy", x).arg(target.address()).arg(out.address()).run(kernels.stream());
    }
  }

  @Override
  protected void runCrossEntropyBackward(Tensor x, Tensor target, Tensor dOut, Gradient dx) {
    if (x.size() > 0) {
      perRow("cross_entropy_backward", x)
          .arg(target.address())
          .arg(dOut.address())
          .arg(dx.tensor().address())
          .arg(dx.adds() ? 1 : 0)
          .run(kernels.stream());
    }
  }

  private Launch perElement(String op, Tensor x, Tensor target, float beta) {
    return kernels
        .launch(op, x.dtype())
        .grid(KernelFamily.blocks(x.size(), KernelFamily.packed(DType.F32)))
        .arg(x.size())
        .arg(x.address())
        .arg(target.address())
        .arg(beta);
  }

  @Override
  protected void runSmoothL1(Tensor x, Tensor target, float beta, Tensor out) {
    if (x.size() > 0) {
      perElement("smooth_l1", x, target, beta).arg(out.address()).run(kernels.stream());
    }
  }

  @Override
  protected void runSmoothL1Backward(
      Tensor x, Tensor target, float beta, Tensor dOut, Gradient dx) {
    if (x.size() > 0) {
      perElement("smooth_l1_backward", x, target, beta)
          .arg(dOut.address())
          .arg(dx.tensor().address())
          .arg(dx.adds() ? 1 : 0)
          .run(kernels.stream());
    }
  }

  @Override
  protected void runMultibox(
      HeadOutputs heads,
      Tensor classTargets,
      Tensor offsetTargets,
      LossParams params,
      Tensor priorLosses,
      Tensor selected,
      Tensor weights,
      Tensor losses) {
    multibox.forward(
        heads, classTargets, offsetTargets, params, priorLosses, selected, weights, losses);
  }

  @Override
  protected void runMultiboxBackward(
      HeadOutputs heads,
      Tensor classTargets,
      Tensor offsetTargets,
      LossParams params,
      Tensor selected,
      Tensor weights,
      Tensor dLoss,
      List<Gradient> dHeads) {
    for (int level = 0; level < dHeads.size(); level++) {
      multibox.backward(
          heads,
          level,
          classTargets,
          offsetTargets,
          params,
          selected,
          weights,
          dLoss,
          dHeads.get(level));
    }
  }
}
