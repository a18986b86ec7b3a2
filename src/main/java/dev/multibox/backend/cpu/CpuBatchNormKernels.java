package dev.multibox.backend.cpu;

import static java.lang.foreign.ValueLayout.JAVA_INT;

import dev.multibox.backend.Activation;
import dev.multibox.backend.BatchNormKernels;
import dev.multibox.backend.Gradient;
import dev.multibox.tensor.Tensor;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Batch normalisation; the moments of a batch are {@link BatchMoments}'. */
final class CpuBatchNormKernels extends BatchNormKernels {
  private final Parallel parallel;

  CpuBatchNormKernels(Parallel parallel) {
    this.parallel = parallel;
  }

  @Override
  protected void runStatistics(Tensor x, float epsilon, Tensor mean, Tensor invStd) {
    BatchMoments moments = BatchMoments.of(parallel, x);
    int channels = moments.channels();
    float[] means = parallel.shared().floats(0, channels);
    float[] deviations = parallel.shared().floats(1, channels);
    for (int c = 0; c < channels; c++) {
      double average = moments.mean(c);
      means[c] = (float) average;
      deviations[c] = inverseStd(moments.variance(c, average), epsilon);
    }
    ChannelVectors.write(parallel.shared(), means, mean);
    ChannelVectors.write(parallel.shared(), deviations, invStd);
  }

  @Override
  protected void runInverseStd(Tensor variance, float epsilon, Tensor invStd) {
    float[] values = ChannelVectors.read(parallel.shared(), 0, variance);
    for (int c = 0; c < variance.size(); c++) {
      values[c] = inverseStd(values[c], epsilon);
    }
    ChannelVectors.write(parallel.shared(), values, invStd);
  }

  private static float inverseStd(double variance, float epsilon) {
    return (float) (1 / Math.sqrt(variance + epsilon));
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
    normalise(x, mean, invStd, gamma, beta, residual, activation, out, null);
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
    normalise(x, mean, invStd, gamma, beta, residual, activation, out, mask);
  }

  private void normalise(
      Tensor x,
      Tensor mean,
      Tensor invStd,
      Tensor gamma,
      Tensor beta,
      @Nullable Tensor residual,
      Activation activation,
      Tensor out,
      @Nullable Tensor mask) {
    Tiling rows = Tiling.byChannel(parallel, x);
    float[] centre = rows.expand(mean);
    float[] scale = scale(rows, gamma, invStd);
    float[] shift = rows.expand(beta);
    rows.forEach(tile -> {
      float[] values = tile.read(x);
      for (int i = 0; i < tile.length(); i++) {
        values[i] = (values[i] - centre[i]) * scale[i] + shift[i];
      }
      if (residual != null) {
        tile.add(tile.read(residual), values);
      }
      Activations.apply(activation, values, tile.length());
      tile.write(values, out);
      if (mask != null) {
        Activations.writeMask(tile, activation, out, mask);
      }
    });
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
    boolean passesAll = activation == Activation.NONE && dz.address() == dOut.address();
    reduce(
        x,
        mean,
        invStd,
        tile -> Activations.gradient(tile, activation, y, dOut),
        passesAll ? null : dz,
        sums);
  }

  @Override
  protected void runMaskedBackwardReduce(
      Tensor x, Tensor mean, Tensor invStd, Tensor mask, Tensor dOut, Tensor dz, Tensor sums) {
    reduce(x, mean, invStd, tile -> Activations.gradient(tile, mask, dOut), dz, sums);
  }

  /**
   * {@code before} gives a tile of the gradient before the activation; null for {@code dz} where
   * that is there already.
   */
  private void reduce(
      Tensor x,
      Tensor mean,
      Tensor invStd,
      Function<Tile, float[]> before,
      @Nullable Tensor dz,
      Tensor sums) {
    Tiling rows = Tiling.byChannel(parallel, x);
    float[] centre = rows.expand(mean);
    double[] totals =
        rows.sums(
            2,
            tile -> {
              float[] gradient = before.apply(tile);
              if (dz != null) {
                tile.write(gradient, dz);
              }
              float[] values = tile.read(x);
              float[] sum = tile.sum(0);
              float[] product = tile.sum(1);
              for (int i = 0; i < tile.length(); i++) {
                sum[i] += gradient[i];
                product[i] += gradient[i] * (values[i] - centre[i]);
              }
            });
    int channels = Math.toIntExact(mean.size());
    float[] deviations = ChannelVectors.read(parallel.shared(), 0, invStd);
    float[] rounded = parallel.shared().floats(1, 2 * channels);
    for (int c = 0; c < channels; c++) {
      rounded[c] = (float) totals[c];
      rounded[channels + c] = (float) (totals[channels + c] * deviations[c]);
    }
    ChannelVectors.write(parallel.shared(), rounded, sums);
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
    Tiling rows = Tiling.byChannel(parallel, x);
    float[] scale = scale(rows, gamma, invStd);
    if (statistics == Statistics.RUNNING) {
      rows.forEach(tile -> {
        float[] gradient = tile.read(dz);
        for (int i = 0; i < tile.length(); i++) {
          gradient[i] *= scale[i];
        }
        tile.write(gradient, dx);
      });
      return;
    }
    float[] centre = rows.expand(mean);
    float[] average = rows.row(sums, 0);
    float[] slope = rows.row(sums, mean.size());
    float[] deviations = rows.row(invStd, 0);
    double count = x.shape().rows();
    for (int c = 0; c < mean.size(); c++) {
      average[c] = (float) (average[c] / count);
      slope[c] = (float) (slope[c] / count * deviations[c]);
    }
    rows.repeat(average);
    rows.repeat(slope);
    rows.forEach(tile -> {
      float[] gradient = tile.read(dz);
      float[] values = tile.read(x);
      for (int i = 0; i < tile.length(); i++) {
        gradient[i] = scale[i] * (gradient[i] - average[i] - (values[i] - centre[i]) * slope[i]);
      }
      tile.write(gradient, dx);
    });
  }

  /** What a channel is multiplied by, repeated over the rows of a tile. */
  private static float[] scale(Tiling rows, Tensor gamma, Tensor invStd) {
    float[] scale = rows.row(gamma, 0);
    float[] deviations = rows.row(invStd, 0);
    for (int c = 0; c < gamma.size(); c++) {
      scale[c] *= deviations[c];
    }
    rows.repeat(scale);
    return scale;
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
    if (foundInf.host().get(JAVA_INT, 0) != 0) {
      return;
    }
    Scratch shared = parallel.shared();
    float[] means = ChannelVectors.read(shared, 0, mean);
    float[] deviations = ChannelVectors.read(shared, 1, invStd);
    float[] runningMeans = ChannelVectors.read(shared, 2, runningMean);
    float[] runningVariances = ChannelVectors.read(shared, 3, runningVariance);
    double unbiased = rows == 1 ? 1 : (double) rows / (rows - 1);
    double keep = 1 - (double) momentum;
    for (int c = 0; c < mean.size(); c++) {
      double deviation = deviations[c];
      // invStd was rounded: of a constant channel 1 / invStd^2 may come out just below epsilon.
      double variance = Math.max(0, 1 / (deviation * deviation) - epsilon);
      runningMeans[c] = (float) (keep * runningMeans[c] + momentum * (double) means[c]);
      runningVariances[c] = (float) (keep * runningVariances[c] + momentum * variance * unbiased);
    }
    ChannelVectors.write(shared, runningMeans, runningMean);
    ChannelVectors.write(shared, runningVariances, runningVariance);
  }
}
