package dev.multibox.backend;

import static dev.multibox.Tensors.assertClose;
import static dev.multibox.Tensors.random;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.multibox.BackendSource;
import dev.multibox.Tensors;
import dev.multibox.backend.BatchNormKernels.Statistics;
import dev.multibox.tensor.Shape;
import dev.multibox.tensor.Tensor;
import dev.multibox.tensor.TensorArena;

class BatchNormTest {
  private static final int[] ROWS = {1, 31, 32, 33, 257, 8732};
  private static final int[] CHANNELS = {1, 3, 7, 100, 2049};
  private static final float EPSILON = 1e-5f;

  private static final double EXACT = 0;

  /** Float arithmetic on normalised values, and sums in two stages. */
  private static final double CLOSE = 1e-5;

  /** Normalised values divide by a deviation that few rows make small. */
  private static final double NORMALISED = 5e-5;

  /** What a double loop finds for one {@code [rows, C]} batch. */
  private static final class Plain {
    final float[] mean;
    final float[] invStd;

    Plain(float[] x, int channels) {
      int rows = x.length / channels;
      mean = new float[channels];
      invStd = new float[channels];
      for (int c = 0; c < channels; c++) {
        double sum = 0;
        for (int i = c; i < x.length; i += channels) {
          sum += x[i];
        }
        double average = sum / rows;
        double squares = 0;
        for (int i = c; i < x.length; i += channels) {
          squares += (x[i] - average) * (x[i] - average);
        }
        mean[c] = (float) average;
        invStd[c] = (float) (1 / Math.sqrt(squares / rows + EPSILON));
      }
    }
  }

  @BackendSource
  void statisticsMatchAPlainLoop(Backend backend) {
    for (int channels : CHANNELS) {
      for (int rows : ROWS) {
        if ((long) rows * channels < 2_000_000) {
          float[] x = random(rows, (long) rows * channels);
          checkStatistics(backend, x, channels, CLOSE);
        }
      }
    }
  }

  @BackendSource
  void statisticsKeepASmallVarianceBesideALargeMean(Backend backend) {
    float[] x = random(3, 40_000);
    for (int i = 0; i < x.length; i++) {
      x[i] = 1000 + x[i];
    }
    checkStatistics(backend, x, 4, CLOSE);
  }

  @BackendSource
  void statisticsSurviveAnOutlierInTheFirstRow(Backend backend) {
    float[] x = random(4, 100_000);
    x[0] = 1e6f;
    checkStatistics(backend, x, 5, CLOSE);
  }

  private static void checkStatistics(Backend backend, float[] x, int channels, double tolerance) {
    try (TensorArena arena = backend.newArena()) {
      Tensors tensors = new Tensors(backend, arena);
      Tensor mean = tensors.poisoned(Shape.of(channels));
      Tensor invStd = tensors.poisoned(Shape.of(channels));
      Tensor batch = tensors.floats(Shape.of(x.length / channels, 1, channels), x);
      backend.batchNorm().statistics(batch, EPSILON, mean, invStd);
      Plain plain = new Plain(x, channels);
      assertClose(backend.floats(mean), plain.mean, tolerance);
      assertClose(backend.floats(invStd), plain.invStd, tolerance);
    }
  }

  @BackendSource
  void aConstantChannelHasTheDeviationOfEpsilon(Backend backend) {
    try (TensorArena arena = backend.newArena()) {
      Tensors tensors = new Tensors(backend, arena);
      Tensor mean = tensors.poisoned(Shape.of(1));
      Tensor invStd = tensors.poisoned(Shape.of(1));
      Tensor x = tensors.floats(Shape.of(3, 1), 0.1f, 0.1f, 0.1f);
      backend.batchNorm().statistics(x, 0.25f, mean, invStd);
      assertThat(backend.floats(mean)).containsExactly(0.1f);
      assertThat(backend.floats(invStd)).containsExactly(2);
      Tensor variance = tensors.floats(Shape.of(2), 0, 3.75f);
      Tensor inverse = tensors.poisoned(Shape.of(2));
      backend.batchNorm().inverseStd(variance, 0.25f, inverse);
      assertThat(backend.floats(inverse)).containsExactly(2, 0.5f);
    }
  }

  @BackendSource
  void appliesByHand(Backend backend) {
    try (TensorArena arena = backend.newArena()) {
      Tensors tensors = new Tensors(backend, arena);
      Shape pair = Shape.of(2);
      Tensor x = tensors.floats(Shape.of(2, 2), 1, 2, 3, 4);
      Tensor residual = tensors.floats(Shape.of(2, 2), 0, -20, 5, 1);
      Tensor out = tensors.poisoned(Shape.of(2, 2));
      // Channel 0: (x - 1) 2 + 10; channel 1: (x - 4) 3 - 1.
      backend
          .batchNorm()
          .apply(
              x,
              tensors.floats(pair, 1, 4),
              tensors.floats(pair, 2, 0.5f),
              tensors.floats(pair, 1, 6),
              tensors.floats(pair, 10, -1),
              residual,
              Activation.RELU,
              out);
      assertThat(backend.floats(out)).containsExactly(10, 0, 19, 0);
    }
  }

  @BackendSource
  void applyMatchesAPlainLoopInPlace(Backend backend) {
    for (int channels : CHANNELS) {
      int rows = 40_000 / channels;
      Shape shape = Shape.of(rows, channels);
      float[] x = random(1, shape.size());
      float[] residual = random(2, shape.size());
      float[] mean = random(3, channels);
      float[] invStd = random(4, channels);
      float[] gamma = random(5, channels);
      float[] beta = random(6, channels);
      float[] expected = new float[x.length];
      for (int i = 0; i < x.length; i++) {
        int c = i % channels;
        double value = ((double) x[i] - mean[c]) * invStd[c] * gamma[c] + beta[c] + residual[i];
        expected[i] = (float) Math.max(0, value);
      }
      try (TensorArena arena = backend.newArena()) {
        Tensors tensors = new Tensors(backend, arena);
        Shape vector = Shape.of(channels);
        for (boolean overResidual : new boolean[] {false, true}) {
          Tensor input = tensors.floats(shape, x);
          Tensor added = tensors.floats(shape, residual);
          Tensor out = overResidual ? added : input;
          backend
              .batchNorm()
              .apply(
                  input,
                  tensors.floats(vector, mean),
                  tensors.floats(vector, invStd),
                  tensors.floats(vector, gamma),
                  tensors.floats(vector, beta),
                  added,
                  Activation.RELU,
                  out);
          assertClose(backend.floats(out), expected, CLOSE);
        }
      }
    }
  }

  @BackendSource
  void backwardMatchesAPlainLoop(Backend backend) {
    for (int channels : CHANNELS) {
      // Of two or three rows almost nothing of the gradient is left to compare.
      for (int rows : new int[] {33, 257, 1000}) {
        for (Statistics statistics : Statistics.values()) {
          checkBackward(backend, rows, channels, statistics);
        }
      }
    }
  }

  private static void checkBackward(
      Backend backend, int rows, int channels, Statistics statistics) {
    Shape shape = Shape.of(rows, channels);
    float[] x = random(rows, shape.size());
    float[] y = random(2, shape.size());
    float[] dOut = random(3, shape.size());
    float[] gamma = random(4, channels);
    Plain plain = new Plain(x, channels);
    double[] sums = new double[2 * channels];
    float[] masked = new float[x.length];
    for (int i = 0; i < x.length; i++) {
      int c = i % channels;
      masked[i] = y[i] > 0 ? dOut[i] : 0;
      sums[c] += masked[i];
      sums[channels + c] += masked[i] * ((double) x[i] - plain.mean[c]) * plain.invStd[c];
    }
    float[] expected = new float[x.length];
    for (int i = 0; i < x.length; i++) {
      int c = i % channels;
      double normalised = ((double) x[i] - plain.mean[c]) * plain.invStd[c];
      double part =
          statistics == Statistics.BATCH ? (sums[c] + normalised * sums[channels + c]) / rows : 0;
      expected[i] = (float) (gamma[c] * plain.invStd[c] * (masked[i] - part));
    }
    try (TensorArena arena = backend.newArena()) {
      Tensors tensors = new Tensors(backend, arena);
      Shape vector = Shape.of(channels);
      Tensor input = tensors.floats(shape, x);
      Tensor mean = tensors.floats(vector, plain.mean);
      Tensor invStd = tensors.floats(vector, plain.invStd);
      Tensor gammas = tensors.floats(vector, gamma);
      Tensor dz = tensors.floats(shape, dOut);
      Tensor sum = tensors.poisoned(Shape.of(2, channels));
      BatchNormKernels kernels = backend.batchNorm();
      kernels.backwardReduce(
          input, mean, invStd, tensors.floats(shape, y), Activation.RELU, dz, dz, sum);
      assertClose(backend.floats(dz), masked, EXACT);
      assertClose(backend.floats(sum), toFloats(sums), NORMALISED);

      Tensor dx = tensors.floats(shape, expected);
      kernels.backwardData(input, mean, invStd, gammas, dz, sum, statistics, Gradient.add(dx));
      float[] doubled = new float[expected.length];
      for (int i = 0; i < doubled.length; i++) {
        doubled[i] = 2 * expected[i];
      }
      assertClose(backend.floats(dx), doubled, NORMALISED);
      kernels.backwardData(
          input, mean, invStd, gammas, dz, sum, statistics, Gradient.overwrite(dz));
      assertClose(backend.floats(dz), expected, NORMALISED);
    }
  }

  @BackendSource
  void runningAveragesMoveUnlessTheStepIsSkipped(Backend backend) {
    try (TensorArena arena = backend.newArena()) {
      Tensors tensors = new Tensors(backend, arena);
      Tensor mean = tensors.floats(Shape.of(1), 4);
      // A variance of 3.75 and an epsilon of 0.25 make 1 / sqrt(4).
      Tensor invStd = tensors.floats(Shape.of(1), 0.5f);
      Tensor runningMean = tensors.floats(Shape.of(1), 2);
      Tensor runningVariance = tensors.floats(Shape.of(1), 1);
      BatchNormKernels kernels = backend.batchNorm();
      Tensor skip = tensors.ints(Shape.of(1), 1);
      kernels.updateRunning(mean, invStd, 0.25f, 4, 0.5f, skip, runningMean, runningVariance);
      assertThat(backend.floats(runningMean)).containsExactly(2);
      assertThat(backend.floats(runningVariance)).containsExactly(1);

      Tensor go = tensors.ints(Shape.of(1), 0);
      kernels.updateRunning(mean, invStd, 0.25f, 4, 0.5f, go, runningMean, runningVariance);
      assertThat(backend.floats(runningMean)).containsExactly(3);
      // 0.5 1 + 0.5 (3.75 4 / 3) = 3.
      assertThat(backend.floats(runningVariance)[0]).isCloseTo(3, within(1e-6f));
      kernels.updateRunning(mean, invStd, 0.25f, 1, 1, go, runningMean, runningVariance);
      assertThat(backend.floats(runningVariance)[0]).isCloseTo(3.75f, within(1e-6f));
    }
  }

  @BackendSource
  void refusesWhatTheContractsExclude(Backend backend) {
    try (TensorArena arena = backend.newArena()) {
      Tensors tensors = new Tensors(backend, arena);
      Tensor none = tensors.poisoned(Shape.of(0, 2));
      Tensor vector = tensors.poisoned(Shape.of(2));
      assertThatThrownBy(() -> backend.batchNorm().statistics(none, EPSILON, vector, vector))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("batchNormStatistics: x was [0, 2] F32, wanted at least one row");
      assertThatThrownBy(() -> backend.batchNorm().inverseStd(vector, 0, vector))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("batchNormInverseStd: epsilon was 0.0, wanted a positive number");
    }
  }

  private static float[] toFloats(double[] values) {
    float[] result = new float[values.length];
    for (int i = 0; i < values.length; i++) {
      result[i] = (float) values[i];
    }
    return result;
  }
}
