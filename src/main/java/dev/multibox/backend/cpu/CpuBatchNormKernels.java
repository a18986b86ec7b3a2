package dev.multibox.backend.cpu;

import dev.multibox.backend.Activation;
import dev.multibox.backend.BatchNormKernels;
import dev.multibox.backend.Gradient;
import dev.multibox.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/** Stub. */
final class CpuBatchNormKernels extends BatchNormKernels {
  @SuppressWarnings("UnusedVariable")
  private final Parallel parallel;

  CpuBatchNormKernels(Parallel parallel) {
    this.parallel = parallel;
  }

  @Override
  protected void runStatistics(Tensor x, float epsilon, Tensor mean, Tensor invStd) {
    throw new UnsupportedOperationException();
  }

  @Override
  protected void runInverseStd(Tensor variance, float epsilon, Tensor invStd) {
    throw new UnsupportedOperationException();
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
    throw new UnsupportedOperationException();
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
    throw new UnsupportedOperationException();
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
    throw new UnsupportedOperationException();
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
    throw new UnsupportedOperationException();
  }
}
