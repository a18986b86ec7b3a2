package dev.multibox.backend.dry;

import dev.multibox.backend.Gradient;
import dev.multibox.backend.HeadOutputs;
import dev.multibox.backend.LossKernels;
import dev.multibox.backend.LossParams;
import dev.multibox.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;

/** Tells of the tensors of each call. */
final class DryLossKernels extends LossKernels {
  private final Touches touches;

  DryLossKernels(Touches touches) {
    this.touches = touches;
  }

  @Override
  protected void runSoftmax(Tensor x, Tensor out) {
    touches.tell(x, out);
  }

  @Override
  protected void runCrossEntropy(Tensor x, Tensor target, Tensor out) {
    touches.tell(x, target, out);
  }

  @Override
  protected void runCrossEntropyBackward(Tensor x, Tensor target, Tensor dOut, Gradient dx) {
    touches.tell(x, target, dOut, dx.tensor());
  }

  @Override
  protected void runSmoothL1(Tensor x, Tensor target, float beta, Tensor out) {
    touches.tell(x, target, out);
  }

  @Override
  protected void runSmoothL1Backward(
      Tensor x, Tensor target, float beta, Tensor dOut, Gradient dx) {
    touches.tell(x, target, dOut, dx.tensor());
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
    touches.tell(
        heads.levels(), classTargets, offsetTargets, priorLosses, selected, weights, losses);
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
    List<Tensor> levels = new ArrayList<>(heads.levels());
    dHeads.forEach(gradient -> levels.add(gradient.tensor()));
    touches.tell(levels, classTargets, offsetTargets, selected, weights, dLoss);
  }
}
