package dev.multibox.backend;

import dev.multibox.backend.BatchNormKernels.Statistics;
import dev.multibox.tensor.DType;
import dev.multibox.tensor.Shape;
import dev.multibox.tensor.Tensor;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;

/** The passes of batch normalisation. */
@SuppressWarnings("NullAway.Init")
public class BatchNormBenchmark extends OpBenchmark {
  private static final float EPSILON = 1e-5f;

  /** A tensor as N x H x W x C. */
  @Param({"16x48x48x32", "16x24x24x64", "16x12x12x128", "4x150x150x64"})
  private String shape = "";

  /** What the tensors of that shape are stored in. */
  @Param({"F32", "F16"})
  private DType type = DType.F32;

  private BatchNormKernels kernels;
  private Tensor x;
  private Tensor y;
  private Tensor dOut;
  private Tensor dz;
  private Tensor mask;
  private Tensor mean;
  private Tensor invStd;
  private Tensor gamma;
  private Tensor sums;
  private Tensor foundInf;
  private Tensor runningMean;
  private Tensor runningVariance;

  @Override
  Tensor setUp() {
    kernels = backend().batchNorm();
    Shape extents = RandomTensors.shape(shape);
    Shape channels = Shape.of(extents.dim(-1));
    x = random().of(extents, type);
    y = random().of(extents, type);
    dOut = random().of(extents, type);
    dz = random().of(extents, type);
    mask = arena().zeros(ActivationMask.shape(extents), DType.U8);
    mean = random().of(channels);
    invStd = random().of(channels);
    gamma = random().of(channels);
    sums = random().of(Shape.of(2, extents.dim(-1)));
    foundInf = arena().zeros(Shape.of(1), DType.I32);
    runningMean = arena().zeros(channels, DType.F32);
    runningVariance = arena().zeros(channels, DType.F32);
    kernels.statistics(x, EPSILON, mean, invStd);
    require(backend().floats(invStd)[0] > 1, "statistics: uniform values deviate by 0.58");
    kernels.maskedApply(x, mean, invStd, gamma, gamma, null, Activation.RELU, y, mask);
    return x;
  }

  @Benchmark
  public void statistics(Traffic traffic) {
    time(traffic, x.bytes(), () -> kernels.statistics(x, EPSILON, mean, invStd));
  }

  @Benchmark
  public void inverseStd(Traffic traffic) {
    time(
        traffic, 2 * mean.bytes(), () -> kernels.inverseStd(runningVariance, EPSILON, runningMean));
  }

  @Benchmark
  public void apply(Traffic traffic) {
    time(
        traffic,
        2 * x.bytes(),
        () -> kernels.apply(x, mean, invStd, gamma, gamma, null, Activation.RELU, y));
  }

  @Benchmark
  public void maskedApply(Traffic traffic) {
    time(
        traffic,
        2 * x.bytes() + mask.bytes(),
        () -> kernels.maskedApply(x, mean, invStd, gamma, gamma, null, Activation.RELU, y, mask));
  }

  @Benchmark
  public void backwardReduce(Traffic traffic) {
    time(
        traffic,
        4 * x.bytes(),
        () -> kernels.backwardReduce(x, mean, invStd, y, Activation.RELU, dOut, dz, sums));
  }

  @Benchmark
  public void maskedBackwardReduce(Traffic traffic) {
    time(
        traffic,
        3 * x.bytes() + mask.bytes(),
        () -> kernels.maskedBackwardReduce(x, mean, invStd, mask, dOut, dz, sums));
  }

  @Benchmark
  public void backwardData(Traffic traffic) {
    Gradient dx = Gradient.overwrite(dz);
    time(
        traffic,
        3 * x.bytes(),
        () -> kernels.backwardData(x, mean, invStd, gamma, dOut, sums, Statistics.BATCH, dx));
  }

  @Benchmark
  public void updateRunning(Traffic traffic) {
    time(
        traffic,
        6 * mean.bytes(),
        () ->
            kernels.updateRunning(
                mean,
                invStd,
                EPSILON,
                x.shape().rows(),
                0.1f,
                foundInf,
                runningMean,
                runningVariance));
  }
}
