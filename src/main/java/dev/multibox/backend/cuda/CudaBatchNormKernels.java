package dev.multibox.backend.cuda;

import dev.multibox.backend.Activation;
import dev.multibox.backend.BatchNormKernels;
import dev.multibox.backend.Gradient;
import dev.multibox.backend.cuda.driver.Launch;
import dev.multibox.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/** {@code batchnorm.cu}. */
final class CudaBatchNormKernels extends BatchNormKernels {
  /** Numbers of a channel that a part holds: mean and squares, or two sums. */
  private static final int TWO = 2;

  private final KernelFamily kernels;
  private final ColumnSums columns;

  CudaBatchNormKernels(KernelFamily kernels, ColumnSums columns) {
    this.kernels = kernels;
    this.columns = columns;
  }

  @Override
  protected void runStatistics(Tensor x, float epsilon, Tensor mean, Tensor invStd) {
    if (x.size() == 0) {
      return;
    }
    ColumnSums.Parts parts = columns.parts(x, TWO);
    ColumnSums.firstStage(kernels, "batchnorm_statistics", x, parts)
        .arg(x.address())
        .arg(parts.partial())
        .run(kernels.stream());
    ColumnSums.perColumn(kernels, "batchnorm_join", parts.channels())
        .arg(parts.rows())
        .arg(parts.channels())
        .arg(parts.rowsEach())
        .arg(parts.parts())
        .arg(epsilon)
        .arg(parts.partial())
        .arg(mean.address())
        .arg(invStd.address())
        .run(kernels.stream());
  }

  @Override
  protected void runInverseStd(Tensor variance, float epsilon, Tensor invStd) {
    if (variance.size() > 0) {
      kernels
          .launch("batchnorm_inverse_std")
          .grid(KernelFamily.blocks(variance.size(), 1))
          .arg(Math.toIntExact(variance.size()))
          .arg(variance.address())
          .arg(epsilon)
          .arg(invStd.address())
          .run(kernels.stream());
    }
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
    if (x.size() > 0) {
      Launch launch = RowBlocks.launch(kernels, "batchnorm_apply", x);
      arguments(launch, x, mean, invStd, gamma, beta, residual, activation, out)
          .run(kernels.stream());
    }
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
    if (x.size() > 0) {
      Launch launch = RowBlocks.launchMasked(kernels, "batchnorm_masked_apply", x);
      arguments(launch, x, mean, invStd, gamma, beta, residual, activation, out)
          .arg(mask.address())
          .run(kernels.stream());
    }
  }

  private static Launch arguments(
      Launch launch,
      Tensor x,
      Tensor mean,
      Tensor invStd,
      Tensor gamma,
      Tensor beta,
      @Nullable Tensor residual,
      Activation activation,
      Tensor out) {
    return launch
        .arg(x.address())
        .arg(mean.address())
        .arg(invStd.address())
        .arg(gamma.address())
        .arg(beta.address())
        .arg(residual == null ? 0L : residual.address())
        .arg(KernelFamily.code(activation))
        .arg(out.address());
  }

  @Override
  protected void runMaskedBackwardReduce(
      Tensor x, Tensor mean, Tensor invStd, Tensor mask, Tensor dOut, Tensor dz, Tensor sums) {
    if (x.shape().dim(-1) == 0) {
      return;
    }
    ColumnSums.Parts parts = columns.parts(x, TWO);
    if (parts.parts() > 0) {
      ColumnSums.maskedFirstStage(kernels, "batchnorm_masked_backward_reduce", x, parts)
          .arg(x.address())
          .arg(mean.address())
          .arg(invStd.address())
          .arg(mask.address())
          .arg(dOut.address())
          .arg(dz.address())
          .arg(parts.partial())
          .run(kernels.stream());
    }
    columns.join(parts, TWO, Gradient.overwrite(sums));
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
    if (x.shape().dim(-1) == 0) {
      return;
    }
    ColumnSums.Parts parts = columns.parts(x, TWO);
    if (parts.parts() > 0) {
      ColumnSums.firstStage(kernels, "batchnorm_backward_reduce", x, parts)
          .arg(x.address())
          .arg(mean.address())
          .arg(invStd.address())
          .arg(y.address())
          .arg(KernelFamily.code(activation))
          .arg(dOut.address())
          .arg(dz.address())
          .arg(parts.partial())
          .run(kernels.stream());
    }
    columns.join(parts, TWO, Gradient.overwrite(sums));
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
    if (x.size() > 0) {
      RowBlocks.launch(kernels, "batchnorm_backward_data", x)
          .arg(statistics == Statistics.BATCH ? x.address() : 0L)
          .arg(mean.address())
          .arg(invStd.address())
          .arg(gamma.address())
          .arg(dz.address())
          .arg(sums.address())
          .arg(dx.tensor().address())
          .arg(dx.adds() ? 1 : 0)
          .run(kernels.stream());
    }
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
    if (mean.size() > 0) {
      float unbiased = rows == 1 ? 1 : (float) ((double) rows / (rows - 1));
      kernels
          .launch("batchnorm_update_running")
          .grid(KernelFamily.blocks(mean.size(), 1))
          .arg(Math.toIntExact(mean.size()))
          .arg(mean.address())
          .arg(invStd.address())
          .arg(epsilon)
          .arg(unbiased)
          .arg(momentum)
          .arg(foundInf.address())
          .arg(runningMean.address())
          .arg(runningVariance.address())
          .run(kernels.stream());
    }
  }
}
