package dev.multibox.backend;

import dev.multibox.tensor.DType;
import dev.multibox.tensor.Shape;
import dev.multibox.tensor.Tensor;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;

/** Pointwise ops and those of channels, most with ReLU behind them. */
@SuppressWarnings("NullAway.Init")
public class ElementwiseBenchmark extends OpBenchmark {
  /** A tensor as N x H x W x C. */
  @Param({"16x48x48x32", "4x150x150x64"})
  private String shape = "";

  /** What the tensors of that shape are stored in. */
  @Param({"F32", "F16"})
  private DType type = DType.F32;

  private ElementwiseKernels kernels;
  private Tensor x;
  private Tensor y;
  private Tensor dOut;
  private Tensor mask;
  private Tensor perImage;
  private Tensor bias;
  private Tensor rowsOfX;
  private Tensor rowsOfY;
  private Tensor joined;
  private Tensor sum;
  private Gradient dx;
  private Gradient dPerImage;
  private Gradient dBias;

  @Override
  Tensor setUp() {
    kernels = backend().elementwise();
    Shape extents = RandomTensors.shape(shape);
    Shape rows = Shape.of(extents.rows(), extents.dim(3));
    x = random().of(extents, type);
    y = random().of(extents, type);
    dOut = random().of(extents, type);
    mask = arena().zeros(ActivationMask.shape(extents), DType.U8);
    perImage = random().of(Shape.of(extents.dim(0), 1, 1, extents.dim(3)), type);
    bias = random().of(Shape.of(extents.dim(3)));
    rowsOfX = x.reshape(rows);
    rowsOfY = y.reshape(rows);
    joined = arena().zeros(Shape.of(rows.dim(0), 2 * rows.dim(1)), type);
    sum = arena().zeros(Shape.of(1), DType.F32);
    dx = Gradient.overwrite(arena().zeros(extents, type));
    dPerImage = Gradient.overwrite(arena().zeros(perImage.shape(), type));
    dBias = Gradient.overwrite(arena().zeros(bias.shape(), DType.F32));
    kernels.add(x, y, Activation.RELU, dOut);
    float expected = Math.max(random().first(x) + random().first(y), 0);
    require(Math.abs(random().first(dOut) - expected) < 1e-3, "add: the first sum is wrong");
    kernels.maskedBias(x, bias, Activation.RELU, y, mask);
    return x;
  }

  @Benchmark
  public void fill(Traffic traffic) {
    time(traffic, y.bytes(), () -> kernels.fill(y, 1));
  }

  @Benchmark
  public void add(Traffic traffic) {
    time(traffic, 3 * x.bytes(), () -> kernels.add(x, y, Activation.RELU, dOut));
  }

  @Benchmark
  public void accumulate(Traffic traffic) {
    time(traffic, 2 * x.bytes(), () -> kernels.accumulate(x, dx));
  }

  @Benchmark
  public void activation(Traffic traffic) {
    time(traffic, 2 * x.bytes(), () -> kernels.activation(x, Activation.RELU, y));
  }

  @Benchmark
  public void activationBackward(Traffic traffic) {
    time(traffic, 3 * x.bytes(), () -> kernels.activationBackward(y, Activation.RELU, dOut, dx));
  }

  @Benchmark
  public void hardSwish(Traffic traffic) {
    time(traffic, 2 * x.bytes(), () -> kernels.activation(x, Activation.HARD_SWISH, y));
  }

  @Benchmark
  public void hardSwishBackward(Traffic traffic) {
    time(
        traffic,
        3 * x.bytes(),
        () -> kernels.activationBackward(x, Activation.HARD_SWISH, dOut, dx));
  }

  @Benchmark
  public void bias(Traffic traffic) {
    time(traffic, 2 * x.bytes(), () -> kernels.bias(x, bias, Activation.RELU, y));
  }

  @Benchmark
  public void biasBackward(Traffic traffic) {
    time(traffic, 3 * x.bytes(), () -> kernels.biasBackward(y, Activation.RELU, dOut, dOut, dBias));
  }

  @Benchmark
  public void maskedActivation(Traffic traffic) {
    time(
        traffic,
        2 * x.bytes() + mask.bytes(),
        () -> kernels.maskedActivation(x, Activation.RELU, y, mask));
  }

  @Benchmark
  public void maskedActivationBackward(Traffic traffic) {
    time(
        traffic,
        2 * x.bytes() + mask.bytes(),
        () -> kernels.maskedActivationBackward(mask, dOut, dx));
  }

  @Benchmark
  public void maskedBias(Traffic traffic) {
    time(
        traffic,
        2 * x.bytes() + mask.bytes(),
        () -> kernels.maskedBias(x, bias, Activation.RELU, y, mask));
  }

  @Benchmark
  public void maskedBiasBackward(Traffic traffic) {
    time(
        traffic,
        2 * x.bytes() + mask.bytes(),
        () -> kernels.maskedBiasBackward(mask, dOut, dOut, dBias));
  }

  @Benchmark
  public void scaleChannels(Traffic traffic) {
    time(traffic, 2 * x.bytes(), () -> kernels.scaleChannels(x, perImage, y));
  }

  @Benchmark
  public void scaleChannelsBackward(Traffic traffic) {
    time(
        traffic,
        3 * x.bytes(),
        () -> kernels.scaleChannelsBackward(x, perImage, dOut, dx, dPerImage));
  }

  @Benchmark
  public void joinChannels(Traffic traffic) {
    long channels = x.shape().dim(3);
    time(
        traffic,
        2 * joined.bytes(),
        () -> kernels.joinChannels(rowsOfX, channels, rowsOfY, channels, joined));
  }

  @Benchmark
  public void joinChannelsBackward(Traffic traffic) {
    long channels = x.shape().dim(3);
    Gradient a = Gradient.overwrite(rowsOfX);
    Gradient b = Gradient.overwrite(rowsOfY);
    time(
        traffic,
        2 * joined.bytes(),
        () -> kernels.joinChannelsBackward(joined, a, channels, b, channels));
  }

  @Benchmark
  public void sum(Traffic traffic) {
    time(traffic, x.bytes(), () -> kernels.sum(x, sum));
  }
}
