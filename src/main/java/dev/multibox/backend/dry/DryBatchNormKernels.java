package dev.multibox.backend.dry;

import dev.multibox.backend.Activation;
import dev.multibox.backend.BatchNormKernels;
import dev.multibox.backend.Gradient;
import dev.multibox.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/** Tells of the tensors of each call. */
final class DryBatchNormKernels extends BatchNormKernels {
  private final Touches touches;

  DryBatchNormKernels(Touches touches) {
    this.touches = touches;
  }

  @Override
  protected void runStatistics(Tensor x, float epsilon, Tensor mean, Tensor invStd) {
    touches.tell(x, mean, invStd);
  }

  @Override
  protected void runInverseStd(Tensor variance, float epsilon, Tensor invStd) {
    touches.tell(variance, invStd);
  }

  @Override
  protected void runApply(
      Tensor x,
      Tensor mean,
      Tensor invStd,
      Tensor gamma,
      Tensor beta,
      @Nullable Tensor residual,
      Activation activation,
      Tensor out) {
    touches.tell(x, mean, invStd, gamma, beta, residual, out);
  }

  @Override
  protected void runMaskedApply(
      Tensor x,
      Tensor mean,
      Tensor invStd,
      Tensor gamma,
      Tensor beta,
      @Nullable Tensor residual,
      Activation activation,
      Tensor out,
      Tensor mask) {
    touches.tell(x, mean, invStd, gamma, beta, residual, out, mask);
  }

  @Override
  protected void runMaskedBackwardReduce(
      Tensor x, Tensor mean, Tensor invStd, Tensor mask, Tensor dOut, Tensor dz, Tensor sums) {
    touches.tell(x, mean, invStd, mask, dOut, dz, sums);
  }

  @Override
  protected void runBackwardReduce(
      Tensor x,
      Tensor mean,
      Tensor invStd,
      Tensor y,
      Activation activation,
      Tensor dOut,
      Tensor dz,
      Tensor sums) {
    touches.tell(x, mean, invStd, activation == Activation.NONE ? null : y, dOut, dz, sums);
  }

  @Override
  protected void runBackwardData(
      Tensor x,
      Tensor mean,
      Tensor invStd,
      Tensor gamma,
      Tensor dz,
      Tensor sums,
      Statistics statistics,
      Gradient dx) {
    touches.tell(x, mean, invStd, gamma, dz, sums, dx.tensor());
  }

  @Override
  protected void runUpdateRunning(
      Tensor mean,
      Tensor invStd,
      float epsilon,
      long rows,
      float momentum,
      Tensor foundInf,
      Tensor runningMean,
      Tensor runningVariance) {
    touches.tell(mean, invStd, foundInf, runningMean, runningVariance);
  }
}
