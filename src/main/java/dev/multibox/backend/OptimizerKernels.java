package dev.multibox.backend;

import dev.multibox.tensor.DType;
import dev.multibox.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * Updates of parameter slabs; a parameter is a range in each, so these know no layers. Weights and
 * momentum are F32; gradients may be F16, which convolutions of F16 give.
 */
public abstract class OptimizerKernels {
  private static final String CHECK_FINITE = "checkFinite";
  private static final String SGD = "sgd";

  /** Elements of the tensor that {@link #sgd} reads its changing settings from. */
  public static final int HYPER_SIZE = 8;

  /** Where {@link #HYPER_SIZE} settings stand in their tensor; the rest is zero. */
  public static final int HYPER_RATE = 0;

  /** The momentum factor. */
  public static final int HYPER_MOMENTUM = 1;

  /** The weight decay. */
  public static final int HYPER_DECAY = 2;

  /** The number of updates done before this one; 0 starts the momentum anew. */
  public static final int HYPER_ITERATION = 3;

  /** What gradients are multiplied with before anything else: one over the loss scale. */
  public static final int HYPER_UNSCALE = 4;

  /**
   * {@code foundInf[0] = 1} if an element of the gradients is infinite or NaN; otherwise it stays
   * as it was, so that several ranges share one flag.
   *
   * @param gradients any shape, F32 or F16
   * @param foundInf {@code [1]} I32
   */
  public final void checkFinite(Tensor gradients, Tensor foundInf) {
    Checks.sameFloat(CHECK_FINITE, gradients);
    flag(CHECK_FINITE, foundInf);
    runCheckFinite(gradients, foundInf);
    foundInf.markWritten();
  }

  /**
   * One update of a range of parameters: {@code g = unscale gradient + decay w}, then as {@link
   * SgdParams} says. In the first update the momentum is set to its first term, without dampening,
   * whatever it held. Does nothing when {@code foundInf[0]} is not 0.
   *
   * @param weights F32 masters, updated in place
   * @param momentum F32, updated in place
   * @param gradients F32 or F16
   * @param copies F16, overwritten with the new weights, rounded; null for none
   * @param hyper {@code [8]} F32: rate, momentum, decay, iteration, unscale, zeros
   * @param foundInf {@code [1]} I32
   */
  public final void sgd(
      Tensor weights,
      Tensor momentum,
      Tensor gradients,
      @Nullable Tensor copies,
      Tensor hyper,
      SgdParams params,
      Tensor foundInf) {
    Checks.sameShape(SGD, weights, momentum, gradients);
    Checks.dtype(SGD, DType.F32, weights, momentum, hyper);
    Checks.sameFloat(SGD, gradients);
    Checks.shape(SGD, "hyper", hyper, HYPER_SIZE);
    flag(SGD, foundInf);
    if (copies != null) {
      Checks.sameShape(SGD, weights, copies);
      Checks.dtype(SGD, DType.F16, copies);
      copies.markWritten();
    }
    runSgd(weights, momentum, gradients, copies, hyper, params, foundInf);
    weights.markWritten();
    momentum.markWritten();
  }

  private static void flag(String op, Tensor foundInf) {
    Checks.dtype(op, DType.I32, foundInf);
    Checks.shape(op, "foundInf", foundInf, 1);
  }

  protected abstract void runCheckFinite(Tensor gradients, Tensor foundInf);

  protected abstract void runSgd(
      Tensor weights,
      Tensor momentum,
      Tensor gradients,
      @Nullable Tensor copies,
      Tensor hyper,
      SgdParams params,
      Tensor foundInf);
}
