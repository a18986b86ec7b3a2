package dev.multibox.backend;

import dev.multibox.tensor.DType;
import dev.multibox.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * Batch normalisation over the last axis of {@code x [..., C]}, in the steps of which the fused
 * units are made (Ioffe and Szegedy, Batch Normalization, 2015, algorithm 1 and the gradients of
 * section 3). {@code M} is the number of rows, {@code x̂ = (x - mean) invStd}.
 *
 * <p>Tensors of x's shape are all F32 or all F16; statistics, scale, shift and sums are F32
 * whatever they are, the vectors {@code [C]}. Sums run in a fixed order, in two stages.
 */
public abstract class BatchNormKernels {
  private static final String STATISTICS = "batchNormStatistics";
  private static final String APPLY = "batchNormApply";
  private static final String REDUCE = "batchNormBackwardReduce";
  private static final String MASKED_APPLY = "batchNormMaskedApply";
  private static final String MASKED_REDUCE = "batchNormMaskedBackwardReduce";
  private static final String BACKWARD = "batchNormBackwardData";
  private static final String RUNNING = "batchNormUpdateRunning";
  private static final String INVERSE = "batchNormInverseStd";

  /** Where the mean and deviation that normalised x came from. */
  public enum Statistics {
    /** From x itself, so that they have a gradient too. */
    BATCH,
    /** From the running averages: constants. */
    RUNNING
  }

  /**
   * {@code mean[c] = sum x / M}, {@code invStd[c] = 1 / sqrt(sum (x - mean)^2 / M + epsilon)}; the
   * variance is the biased one, computed without cancellation.
   *
   * @throws IllegalArgumentException if x has no rows
   */
  public final void statistics(Tensor x, float epsilon, Tensor mean, Tensor invStd) {
    Checks.sameFloat(STATISTICS, x);
    Checks.require(STATISTICS, x.shape().rows() > 0, "x was %s, wanted at least one row", x);
    Checks.positive(STATISTICS, "epsilon", epsilon);
    Checks.channelVector(STATISTICS, "mean", mean, x);
    Checks.channelVector(STATISTICS, "invStd", invStd, x);
    runStatistics(x, epsilon, mean, invStd);
    mean.markWritten();
    invStd.markWritten();
  }

  /** {@code invStd = 1 / sqrt(variance + epsilon)}, of running averages in inference. */
  public final void inverseStd(Tensor variance, float epsilon, Tensor invStd) {
    Checks.sameShape(INVERSE, variance, invStd);
    Checks.dtype(INVERSE, DType.F32, variance, invStd);
    Checks.positive(INVERSE, "epsilon", epsilon);
    runInverseStd(variance, epsilon, invStd);
    invStd.markWritten();
  }

  /**
   * {@code out = activation(gamma x̂ + beta + residual)}.
   *
   * @param residual of x's shape, or null for none
   * @param out overwritten; may be x or the residual
   */
  public final void apply(
      Tensor x,
      Tensor mean,
      Tensor invStd,
      Tensor gamma,
      Tensor beta,
      @Nullable Tensor residual,
      Activation activation,
      Tensor out) {
    checkApply(APPLY, x, mean, invStd, gamma, beta, residual, out);
    runApply(x, mean, invStd, gamma, beta, residual, activation, out);
    out.markWritten();
  }

  /**
   * {@link #apply} that also writes where the activation passed, so that {@link
   * #maskedBackwardReduce} needs no output.
   *
   * @param residual of x's shape, or null for none
   * @param activation one that {@link Activation#hasMask}
   * @param out overwritten; may be x or the residual
   * @param mask overwritten, an {@link ActivationMask} of out
   */
  public final void maskedApply(
      Tensor x,
      Tensor mean,
      Tensor invStd,
      Tensor gamma,
      Tensor beta,
      @Nullable Tensor residual,
      Activation activation,
      Tensor out,
      Tensor mask) {
    checkApply(MASKED_APPLY, x, mean, invStd, gamma, beta, residual, out);
    ActivationMask.check(MASKED_APPLY, activation);
    ActivationMask.check(MASKED_APPLY, mask, x);
    runMaskedApply(x, mean, invStd, gamma, beta, residual, activation, out, mask);
    out.markWritten();
    mask.markWritten();
  }

  private static void checkApply(
      String op,
      Tensor x,
      Tensor mean,
      Tensor invStd,
      Tensor gamma,
      Tensor beta,
      @Nullable Tensor residual,
      Tensor out) {
    Checks.sameShape(op, x, out);
    Checks.sameFloat(op, x, out);
    Checks.channelVector(op, "mean", mean, x);
    Checks.channelVector(op, "invStd", invStd, x);
    Checks.channelVector(op, "gamma", gamma, x);
    Checks.channelVector(op, "beta", beta, x);
    if (residual != null) {
      Checks.sameShape(op, x, residual);
      Checks.sameFloat(op, x, residual);
    }
  }

  /**
   * The gradient behind the activation and the two sums that everything else follows from: {@code
   * dz} is what the activation passes of {@code dOut}; {@code sums[0,c] = sum dz} and {@code
   * sums[1,c] = sum dz x̂}, which are the gradients of beta and gamma.
   *
   * @param y the activation's output, or its input where it {@link Activation#readsInput}
   * @param dz overwritten; may be dOut; also the gradient of the residual
   * @param sums {@code [2, C]} F32, overwritten
   */
  public final void backwardReduce(
      Tensor x,
      Tensor mean,
      Tensor invStd,
      Tensor y,
      Activation activation,
      Tensor dOut,
      Tensor dz,
      Tensor sums) {
    checkReduce(REDUCE, x, mean, invStd, dOut, dz, sums);
    Checks.sameShape(REDUCE, x, y);
    Checks.sameFloat(REDUCE, x, y);
    runBackwardReduce(x, mean, invStd, y, activation, dOut, dz, sums);
    dz.markWritten();
    sums.markWritten();
  }

  /**
   * {@link #backwardReduce} from a mask: {@code dz = dOut} where it is set, else 0, and the same
   * two sums.
   *
   * @param dz overwritten; may be dOut; also the gradient of the residual
   * @param sums {@code [2, C]} F32, overwritten
   */
  public final void maskedBackwardReduce(
      Tensor x, Tensor mean, Tensor invStd, Tensor mask, Tensor dOut, Tensor dz, Tensor sums) {
    checkReduce(MASKED_REDUCE, x, mean, invStd, dOut, dz, sums);
    ActivationMask.check(MASKED_REDUCE, mask, x);
    runMaskedBackwardReduce(x, mean, invStd, mask, dOut, dz, sums);
    dz.markWritten();
    sums.markWritten();
  }

  private static void checkReduce(
      String op, Tensor x, Tensor mean, Tensor invStd, Tensor dOut, Tensor dz, Tensor sums) {
    Checks.sameShape(op, x, dOut, dz);
    Checks.sameFloat(op, x, dOut, dz);
    Checks.channelVector(op, "mean", mean, x);
    Checks.channelVector(op, "invStd", invStd, x);
    Checks.shape(op, "sums", sums, 2, x.shape().dim(-1));
    Checks.dtype(op, DType.F32, sums);
  }

  /**
   * {@code dx = gamma invStd (dz - sums[0] / M - x̂ sums[1] / M)} with batch statistics, {@code dx
   * = gamma invStd dz} with running ones.
   *
   * @param dx may be dz itself when it overwrites
   */
  public final void backwardData(
      Tensor x,
      Tensor mean,
      Tensor invStd,
      Tensor gamma,
      Tensor dz,
      Tensor sums,
      Statistics statistics,
      Gradient dx) {
    Checks.sameShape(BACKWARD, x, dz, dx.tensor());
    Checks.sameFloat(BACKWARD, x, dz, dx.tensor());
    Checks.channelVector(BACKWARD, "mean", mean, x);
    Checks.channelVector(BACKWARD, "invStd", invStd, x);
    Checks.channelVector(BACKWARD, "gamma", gamma, x);
    Checks.shape(BACKWARD, "sums", sums, 2, x.shape().dim(-1));
    Checks.dtype(BACKWARD, DType.F32, sums);
    runBackwardData(x, mean, invStd, gamma, dz, sums, statistics, dx);
    dx.tensor().markWritten();
  }

  /**
   * {@code running = (1 - momentum) running + momentum batch} for mean and variance, the variance
   * unbiased by {@code rows / (rows - 1)} as PyTorch does it (a single row keeps the biased one).
   * Does nothing when {@code foundInf[0]} is not 0, so that a skipped step leaves no trace.
   *
   * @param epsilon what {@link #statistics} added, to recover the variance from invStd
   * @param rows {@code M} of the batch
   * @param momentum the weight of the new value, 0.1 in most models
   * @param foundInf {@code [1]} I32
   */
  public final void updateRunning(
      Tensor mean,
      Tensor invStd,
      float epsilon,
      long rows,
      float momentum,
      Tensor foundInf,
      Tensor runningMean,
      Tensor runningVariance) {
    Checks.sameShape(RUNNING, mean, invStd, runningMean, runningVariance);
    Checks.dtype(RUNNING, DType.F32, mean, invStd, runningMean, runningVariance);
    Checks.dtype(RUNNING, DType.I32, foundInf);
    Checks.shape(RUNNING, "foundInf", foundInf, 1);
    Checks.require(RUNNING, rows > 0, "rows was %d, wanted at least 1", rows);
    runUpdateRunning(mean, invStd, epsilon, rows, momentum, foundInf, runningMean, runningVariance);
    runningMean.markWritten();
    runningVariance.markWritten();
  }

  protected abstract void runStatistics(Tensor x, float epsilon, Tensor mean, Tensor invStd);

  protected abstract void runInverseStd(Tensor variance, float epsilon, Tensor invStd);

  protected abstract void runApply(
      Tensor x,
      Tensor mean,
      Tensor invStd,
      Tensor gamma,
      Tensor beta,
      @Nullable Tensor residual,
      Activation activation,
      Tensor out);

  protected abstract void runMaskedApply(
      Tensor x,
      Tensor mean,
      Tensor invStd,
      Tensor gamma,
      Tensor beta,
      @Nullable Tensor residual,
      Activation activation,
      Tensor out,
      Tensor mask);

  protected abstract void runMaskedBackwardReduce(
      Tensor x, Tensor mean, Tensor invStd, Tensor mask, Tensor dOut, Tensor dz, Tensor sums);

  protected abstract void runBackwardReduce(
      Tensor x,
      Tensor mean,
      Tensor invStd,
      Tensor y,
      Activation activation,
      Tensor dOut,
      Tensor dz,
      Tensor sums);

  protected abstract void runBackwardData(
      Tensor x,
      Tensor mean,
      Tensor invStd,
      Tensor gamma,
      Tensor dz,
      Tensor sums,
      Statistics statistics,
      Gradient dx);

  protected abstract void runUpdateRunning(
      Tensor mean,
      Tensor invStd,
      float epsilon,
      long rows,
      float momentum,
      Tensor foundInf,
      Tensor runningMean,
      Tensor runningVariance);
}
