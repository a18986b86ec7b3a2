package dev.multibox.backend;

import dev.multibox.tensor.DType;
import dev.multibox.tensor.Tensor;
import java.util.List;

/**
 * Softmax, cross-entropy, smooth-L1, and SSD's multibox loss made of them. What a network computed
 * may be F16, and then its gradient is; targets, probabilities and losses are F32.
 */
public abstract class LossKernels {
  private static final String SOFTMAX = "softmax";
  private static final String CROSS_ENTROPY = "crossEntropy";
  private static final String SMOOTH_L1 = "smoothL1";
  private static final String MULTIBOX = "multiboxLoss";

  /** {@code losses[0]} of {@link #multibox}: the whole loss. */
  public static final int TOTAL = 0;

  /** {@code losses[1]} of {@link #multibox}: its part from the classes. */
  public static final int CLASSIFICATION = 1;

  /** {@code losses[2]} of {@link #multibox}: its part from the boxes, weighted. */
  public static final int LOCALISATION = 2;

  /**
   * {@code out[m,k] = exp(x[m,k] - max_j x[m,j]) / sum_j exp(x[m,j] - max)}.
   *
   * @param x {@code [M, K]} F32 or F16
   * @param out {@code [M, K]} F32, overwritten
   */
  public final void softmax(Tensor x, Tensor out) {
    Checks.rank(SOFTMAX, "x", x, 2);
    Checks.sameFloat(SOFTMAX, x);
    Checks.sameShape(SOFTMAX, x, out);
    Checks.dtype(SOFTMAX, DType.F32, out);
    runSoftmax(x, out);
    out.markWritten();
  }

  /**
   * {@code out[m] = ln(sum_j exp x[m,j]) - x[m, target[m]]}, the largest x subtracted first.
   *
   * @param x {@code [M, K]} F32 or F16
   * @param target {@code [M]} I32, 0 to K - 1
   * @param out {@code [M]} F32, overwritten
   */
  public final void crossEntropy(Tensor x, Tensor target, Tensor out) {
    checkCrossEntropy(x, target, out);
    runCrossEntropy(x, target, out);
    out.markWritten();
  }

  /**
   * {@code dx[m,k] = dOut[m] (softmax(x)[m,k] - [k = target[m]])}.
   *
   * @param dOut {@code [M]} F32
   * @param dx of x's type
   */
  public final void crossEntropyBackward(Tensor x, Tensor target, Tensor dOut, Gradient dx) {
    checkCrossEntropy(x, target, dOut);
    Checks.sameShape(CROSS_ENTROPY, x, dx.tensor());
    Checks.sameFloat(CROSS_ENTROPY, x, dx.tensor());
    runCrossEntropyBackward(x, target, dOut, dx);
    dx.tensor().markWritten();
  }

  /**
   * {@code out = 0.5 d^2 / beta} where {@code |d| < beta}, else {@code |d| - 0.5 beta}, for {@code
   * d = x - target} (Girshick, Fast R-CNN, 2015, equation 3, with beta).
   *
   * @param x any shape, F32 or F16
   * @param target of x's shape, F32
   * @param out of x's shape, F32, overwritten
   */
  public final void smoothL1(Tensor x, Tensor target, float beta, Tensor out) {
    checkSmoothL1(x, target, beta, out);
    runSmoothL1(x, target, beta, out);
    out.markWritten();
  }

  /**
   * {@code dx = dOut clamp(d / beta, -1, 1)}.
   *
   * @param dOut F32
   * @param dx of x's type
   */
  public final void smoothL1Backward(
      Tensor x, Tensor target, float beta, Tensor dOut, Gradient dx) {
    checkSmoothL1(x, target, beta, dOut);
    Checks.sameShape(SMOOTH_L1, x, dx.tensor());
    Checks.sameFloat(SMOOTH_L1, x, dx.tensor());
    runSmoothL1Backward(x, target, beta, dOut, dx);
    dx.tensor().markWritten();
  }

  /**
   * SSD's loss over all priors, read from the head outputs in place: cross-entropy of positives and
   * of the negatives that mining keeps, smooth-L1 of the positives' offsets, each multiplied by its
   * image's weight and summed in a fixed order. Negatives of equal loss are ranked by index.
   *
   * @param classTargets {@code [N, P]} I32 as {@link BoxKernels#match} writes it
   * @param offsetTargets {@code [N, P, 4]} F32 as {@link BoxKernels#match} writes it
   * @param priorLosses {@code [N, P]} F32, overwritten: each prior's cross-entropy to its target
   *     class, to background where it is ignored
   * @param selected {@code [N, P]} U8, overwritten: how often a prior's cross-entropy counts, 0 to
   *     2
   * @param weights {@code [N]} F32, overwritten: what each image's sums are multiplied by
   * @param losses {@code [3]} F32, overwritten: total, classification, localisation
   */
  public final void multibox(
      HeadOutputs heads,
      Tensor classTargets,
      Tensor offsetTargets,
      LossParams params,
      Tensor priorLosses,
      Tensor selected,
      Tensor weights,
      Tensor losses) {
    checkMultibox(heads, classTargets, offsetTargets, selected, weights);
    Checks.shape(MULTIBOX, "priorLosses", priorLosses, heads.batch(), heads.priors());
    Checks.shape(MULTIBOX, "losses", losses, 3);
    Checks.dtype(MULTIBOX, DType.F32, priorLosses, losses);
    runMultibox(heads, classTargets, offsetTargets, params, priorLosses, selected, weights, losses);
    priorLosses.markWritten();
    selected.markWritten();
    weights.markWritten();
    losses.markWritten();
  }

  /**
   * The gradient of {@code losses[0]} by the head outputs, zeros in their padding.
   *
   * @param selected as {@link #multibox} wrote it
   * @param weights as {@link #multibox} wrote it
   * @param dLoss {@code [1]} F32: what the gradient is multiplied by, the loss scale
   * @param dHeads for each level, in its shape and type
   */
  public final void multiboxBackward(
      HeadOutputs heads,
      Tensor classTargets,
      Tensor offsetTargets,
      LossParams params,
      Tensor selected,
      Tensor weights,
      Tensor dLoss,
      List<Gradient> dHeads) {
    checkMultibox(heads, classTargets, offsetTargets, selected, weights);
    Checks.shape(MULTIBOX, "dLoss", dLoss, 1);
    Checks.dtype(MULTIBOX, DType.F32, dLoss);
    Checks.require(
        MULTIBOX,
        dHeads.size() == heads.levels().size(),
        "%d gradients for %d levels",
        dHeads.size(),
        heads.levels().size());
    for (int i = 0; i < dHeads.size(); i++) {
      Checks.sameShape(MULTIBOX, heads.levels().get(i), dHeads.get(i).tensor());
      Checks.sameFloat(MULTIBOX, heads.levels().get(i), dHeads.get(i).tensor());
    }
    runMultiboxBackward(
        heads, classTargets, offsetTargets, params, selected, weights, dLoss, dHeads);
    dHeads.forEach(gradient -> gradient.tensor().markWritten());
  }

  private static void checkCrossEntropy(Tensor x, Tensor target, Tensor perRow) {
    Checks.rank(CROSS_ENTROPY, "x", x, 2);
    Checks.sameFloat(CROSS_ENTROPY, x);
    Checks.shape(CROSS_ENTROPY, "target", target, x.shape().dim(0));
    Checks.dtype(CROSS_ENTROPY, DType.I32, target);
    Checks.sameShape(CROSS_ENTROPY, target, perRow);
    Checks.dtype(CROSS_ENTROPY, DType.F32, perRow);
  }

  private static void checkSmoothL1(Tensor x, Tensor target, float beta, Tensor perElement) {
    Checks.sameShape(SMOOTH_L1, x, target, perElement);
    Checks.sameFloat(SMOOTH_L1, x);
    Checks.dtype(SMOOTH_L1, DType.F32, target, perElement);
    Checks.positive(SMOOTH_L1, "beta", beta);
  }

  private static void checkMultibox(
      HeadOutputs heads,
      Tensor classTargets,
      Tensor offsetTargets,
      Tensor selected,
      Tensor weights) {
    int batch = heads.batch();
    int priors = heads.priors();
    Checks.shape(MULTIBOX, "classTargets", classTargets, batch, priors);
    Checks.shape(MULTIBOX, "offsetTargets", offsetTargets, batch, priors, 4);
    Checks.shape(MULTIBOX, "selected", selected, batch, priors);
    Checks.shape(MULTIBOX, "weights", weights, batch);
    Checks.dtype(MULTIBOX, DType.I32, classTargets);
    Checks.dtype(MULTIBOX, DType.F32, offsetTargets, weights);
    Checks.dtype(MULTIBOX, DType.U8, selected);
  }

  protected abstract void runSoftmax(Tensor x, Tensor out);

  protected abstract void runCrossEntropy(Tensor x, Tensor target, Tensor out);

  protected abstract void runCrossEntropyBackward(
      Tensor x, Tensor target, Tensor dOut, Gradient dx);

  protected abstract void runSmoothL1(Tensor x, Tensor target, float beta, Tensor out);

  protected abstract void runSmoothL1Backward(
      Tensor x, Tensor target, float beta, Tensor dOut, Gradient dx);

  protected abstract void runMultibox(
      HeadOutputs heads,
      Tensor classTargets,
      Tensor offsetTargets,
      LossParams params,
      Tensor priorLosses,
      Tensor selected,
      Tensor weights,
      Tensor losses);

  protected abstract void runMultiboxBackward(
      HeadOutputs heads,
      Tensor classTargets,
      Tensor offsetTargets,
      LossParams params,
      Tensor selected,
      Tensor weights,
      Tensor dLoss,
      List<Gradient> dHeads);
}
