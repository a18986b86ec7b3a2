package dev.multibox.backend;

import dev.multibox.tensor.DType;
import dev.multibox.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * Updates of parameter slabs; a parameter is a range in each, so these know no layers. Weights and
 * momentum are F32; gradients may be F16, which convolutions of F16 give.
 *
 * <p>Everything that changes from step to step is read from the device's memory, and nothing is
 * read back, so that a step can be captured once and replayed. A step of mixed precision
 * (Micikevicius et al., Mixed Precision Training, 2018, section 3) is, on one stream:
 *
 * <ol>
 *   <li>the host's settings into {@code hyper};
 *   <li>forward, loss and backward, with {@code lossScale} as what {@link
 *       LossKernels#multiboxBackward} multiplies by; of several small batches each, F16 gradients
 *       added up in F32 by {@link ElementwiseKernels#accumulate}, and {@link #HYPER_UNSCALE} one
 *       over their number;
 *   <li>{@link #checkFinite} of every range of gradients, on one flag;
 *   <li>{@link #sgd} of every range and {@link BatchNormKernels#updateRunning} of every batch norm:
 *       they do nothing where the flag is set;
 *   <li>{@link #updateScale}, which clears the flag and leaves the step's figures in a ring, where
 *       the host finds them some steps later.
 * </ol>
 *
 * Without mixed precision the scale is 1 and stays so by {@link ScaleParams#constant}.
 */
public abstract class OptimizerKernels {
  private static final String CHECK_FINITE = "checkFinite";
  private static final String SGD = "sgd";
  private static final String UPDATE_SCALE = "updateScale";

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

  /**
   * What gradients are multiplied with before anything else, beside one over the loss scale: 1, or
   * one over the number of small batches that were added up.
   */
  public static final int HYPER_UNSCALE = 4;

  /** Elements of the counters of {@link #updateScale}. */
  public static final int SCALE_COUNTERS = 2;

  /** Steps since the scale last changed, none of which overflowed. */
  public static final int COUNTER_CLEAN = 0;

  /** All steps so far, those too that were skipped. */
  public static final int COUNTER_STEPS = 1;

  /** Rows of the ring of {@link #updateScale}: how late the host may read. */
  public static final int RING_STEPS = 64;

  /** Elements of a row of the ring; the rest is zero. */
  public static final int RING_SIZE = 8;

  /** Where the three losses of {@link LossKernels#multibox} begin. */
  public static final int RING_LOSSES = 0;

  /** 1 where the step overflowed, so that nothing was updated, else 0. */
  public static final int RING_SKIPPED = 3;

  /** The scale that the step's gradients were multiplied by. */
  public static final int RING_SCALE = 4;

  /** The step's number, counted from 0, by which a reader knows its row; exact below 2^24. */
  public static final int RING_STEP = 5;

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
   * One update of a range of parameters: {@code g = unscale / lossScale gradient + decay w}, then
   * as {@link SgdParams} says. In the first update the momentum is set to its first term, without
   * dampening, whatever it held. Does nothing when {@code foundInf[0]} is not 0.
   *
   * @param weights F32 masters, updated in place
   * @param momentum F32, updated in place
   * @param gradients F32 or F16
   * @param copies F16, overwritten with the new weights, rounded; null for none
   * @param hyper {@code [8]} F32: rate, momentum, decay, iteration, unscale, zeros
   * @param lossScale {@code [1]} F32: what the loss was multiplied by, 1 if by nothing
   * @param foundInf {@code [1]} I32
   */
  public final void sgd(
      Tensor weights,
      Tensor momentum,
      Tensor gradients,
      @Nullable Tensor copies,
      Tensor hyper,
      Tensor lossScale,
      SgdParams params,
      Tensor foundInf) {
    Checks.sameShape(SGD, weights, momentum, gradients);
    Checks.dtype(SGD, DType.F32, weights, momentum, hyper, lossScale);
    Checks.sameFloat(SGD, gradients);
    Checks.shape(SGD, "hyper", hyper, HYPER_SIZE);
    Checks.shape(SGD, "lossScale", lossScale, 1);
    flag(SGD, foundInf);
    if (copies != null) {
      Checks.sameShape(SGD, weights, copies);
      Checks.dtype(SGD, DType.F16, copies);
      copies.markWritten();
    }
    runSgd(weights, momentum, gradients, copies, hyper, lossScale, params, foundInf);
    weights.markWritten();
    momentum.markWritten();
  }

  /**
   * The end of a step. Where {@code foundInf[0]} is set the scale is halved, else it is doubled
   * after {@link ScaleParams#growthInterval} steps in a row that did not overflow, unless that
   * would be infinite; then the flag is cleared. Before, the step's figures go to row {@code steps
   * mod 64} of the ring.
   *
   * @param losses {@code [3]} F32, as {@link LossKernels#multibox} wrote them
   * @param foundInf {@code [1]} I32, set to 0
   * @param lossScale {@code [1]} F32, updated
   * @param counters {@code [2]} I32, updated: {@link #COUNTER_CLEAN} and {@link #COUNTER_STEPS},
   *     both 0 before the first step
   * @param ring {@code [64, 8]} F32, one row overwritten: {@link #RING_LOSSES}, {@link
   *     #RING_SKIPPED}, {@link #RING_SCALE}, {@link #RING_STEP}
   */
  public final void updateScale(
      Tensor losses,
      ScaleParams params,
      Tensor foundInf,
      Tensor lossScale,
      Tensor counters,
      Tensor ring) {
    Checks.shape(UPDATE_SCALE, "losses", losses, 3);
    Checks.shape(UPDATE_SCALE, "lossScale", lossScale, 1);
    Checks.shape(UPDATE_SCALE, "counters", counters, SCALE_COUNTERS);
    Checks.shape(UPDATE_SCALE, "ring", ring, RING_STEPS, RING_SIZE);
    Checks.dtype(UPDATE_SCALE, DType.F32, losses, lossScale, ring);
    Checks.dtype(UPDATE_SCALE, DType.I32, counters);
    flag(UPDATE_SCALE, foundInf);
    runUpdateScale(losses, params, foundInf, lossScale, counters, ring);
    foundInf.markWritten();
    lossScale.markWritten();
    counters.markWritten();
    ring.markWritten();
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
      Tensor lossScale,
      SgdParams params,
      Tensor foundInf);

  protected abstract void runUpdateScale(
      Tensor losses,
      ScaleParams params,
      Tensor foundInf,
      Tensor lossScale,
      Tensor counters,
      Tensor ring);
}
