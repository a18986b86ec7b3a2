package dev.multibox.autograd;

import dev.multibox.backend.Gradient;
import dev.multibox.backend.HeadOutputs;
import dev.multibox.backend.LossKernels;
import dev.multibox.backend.LossParams;
import dev.multibox.tensor.DType;
import dev.multibox.tensor.Shape;
import dev.multibox.tensor.Tensor;
import java.util.List;

/** Rules of {@link LossKernels}. */
public final class LossOps {
  private LossOps() {}

  /** Cross-entropy of each row of {@code x [M, K]} to its target class; F32 {@code [M]}. */
  public static Variable crossEntropy(Tape tape, Variable x, Tensor target) {
    LossKernels kernels = tape.backend().loss();
    Tensor y = tape.allocate(target.shape(), DType.F32);
    kernels.crossEntropy(x.value(), target, y);
    return tape.record(
        "crossEntropy",
        List.of(x),
        y,
        List.of(),
        out -> kernels.crossEntropyBackward(x.value(), target, out.grad(), x.gradient()));
  }

  /** Smooth-L1 of every element to its F32 target; F32. */
  public static Variable smoothL1(Tape tape, Variable x, Tensor target, float beta) {
    LossKernels kernels = tape.backend().loss();
    Tensor y = tape.allocate(x.shape(), DType.F32);
    kernels.smoothL1(x.value(), target, beta, y);
    return tape.record(
        "smoothL1",
        List.of(x),
        y,
        List.of(),
        out -> kernels.smoothL1Backward(x.value(), target, beta, out.grad(), x.gradient()));
  }

  /**
   * SSD's multibox loss as {@code [1]} F32.
   *
   * @param classTargets {@code [N, P]} I32
   * @param offsetTargets {@code [N, P, 4]} F32
   * @param losses {@code [3]} F32 of the caller's, overwritten with total, classification and
   *     localisation; it outlives the tape
   */
  public static Variable multiboxLoss(
      Tape tape,
      HeadVariables heads,
      Tensor classTargets,
      Tensor offsetTargets,
      LossParams params,
      Tensor losses) {
    LossKernels kernels = tape.backend().loss();
    HeadOutputs values = heads.values();
    Tensor priorLosses = tape.allocate(classTargets.shape(), DType.F32);
    Tensor selected = tape.allocate(classTargets.shape(), DType.U8);
    Tensor weights = tape.allocate(Shape.of(values.batch()), DType.F32);
    kernels.multibox(
        values, classTargets, offsetTargets, params, priorLosses, selected, weights, losses);
    tape.release(priorLosses);
    return tape.record(
        "multiboxLoss",
        heads.levels(),
        losses.slice(LossKernels.TOTAL, Shape.of(1)),
        List.of(selected, weights),
        out -> {
          List<Gradient> dHeads = heads.levels().stream().map(Variable::gradient).toList();
          kernels.multiboxBackward(
              values, classTargets, offsetTargets, params, selected, weights, out.grad(), dHeads);
        });
  }
}
