package dev.multibox.backend.cpu;

import dev.multibox.backend.Gradient;
import dev.multibox.backend.HeadOutputs;
import dev.multibox.backend.LossKernels;
import dev.multibox.backend.LossParams;
import dev.multibox.tensor.Tensor;
import java.util.List;

/** Stub. */
final class CpuLossKernels extends LossKernels {
  @SuppressWarnings("UnusedVariable")
  private final Parallel parallel;

  CpuLossKernels(Parallel parallel) {
    this.parallel = parallel;
  }

  @Override
  protected void runSoftmax(Tensor x, Tensor out) {
    throw new UnsupportedOperationException();
  }

  @Override
  protected void runCrossEntropy(Tensor x, Tensor target, Tensor out) {
    throw new UnsupportedOperationException();
  }

  @Override
  protected void runCrossEntropyBackward(Tensor x, Tensor target, Tensor dOut, Gradient dx) {
    throw new UnsupportedOperationException();
  }

  @Override
  protected void runSmoothL1(Tensor x, Tensor target, float beta, Tensor out) {
    throw new UnsupportedOperationException();
  }

  @Override
  protected void runSmoothL1Backward(
      Tensor x, Tensor target, float beta, Tensor dOut, Gradient dx) {
    throw new UnsupportedOperationException();
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
    throw new UnsupportedOperationException();
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
    throw new UnsupportedOperationException();
  }
}
