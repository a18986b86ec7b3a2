package dev.multibox.backend;

import dev.multibox.backend.cpu.CpuBackend;
import dev.multibox.tensor.DType;
import dev.multibox.tensor.Shape;
import dev.multibox.tensor.Tensor;
import dev.multibox.tensor.TensorArena;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** Pointwise ops and those of channels beside {@code copy}, the floor: one read, one write. */
@State(Scope.Thread)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@SuppressWarnings("NullAway.Init")
public class ElementwiseBenchmark {
  /** A tensor as N x H x W x C. */
  @Param({"16x48x48x32", "4x150x150x64"})
  private String shape = "";

  /** What the tensors of that shape are stored in. */
  @Param({"F32", "F16"})
  private DType type = DType.F32;

  private CpuBackend backend;
  private TensorArena arena;
  private Tensor x;
  private Tensor y;
  private Tensor dOut;
  private Tensor perImage;
  private Tensor dPerImage;
  private Tensor joined;
  private Tensor bias;
  private Tensor dBias;
  private Tensor mask;

  @Setup(Level.Trial)
  public void open() {
    backend = CpuBackend.open();
    arena = backend.newArena();
    Batch batch = new Batch(backend, arena);
    Shape extents = Batch.shape(shape);
    x = batch.random(extents, type);
    y = batch.random(extents, type);
    dOut = batch.random(extents, type);
    perImage = batch.random(Shape.of(extents.dim(0), 1, 1, extents.dim(3)), type);
    dPerImage = batch.random(perImage.shape(), type);
    joined = arena.allocate(Shape.of(extents.rows(), 2 * extents.dim(3)), type);
    bias = batch.random(Shape.of(extents.dim(-1)));
    dBias = batch.random(bias.shape());
    mask = arena.zeros(ActivationMask.shape(extents), DType.U8);
    backend.elementwise().add(x, y, Activation.RELU, dOut);
    float sum = batch.first(x) + batch.first(y);
    if (Math.abs(batch.first(dOut) - Math.max(sum, 0)) > 1e-3) {
      throw new IllegalStateException("add: the first sum is wrong");
    }
  }

  @TearDown(Level.Trial)
  public void close() {
    arena.close();
    backend.close();
  }

  @Benchmark
  public void copy(Traffic traffic) {
    MemorySegment.copy(x.host(), 0, y.host(), 0, x.bytes());
    traffic.add(2 * x.bytes());
  }

  @Benchmark
  public void addRelu(Traffic traffic) {
    backend.elementwise().add(x, y, Activation.RELU, dOut);
    traffic.add(3 * x.bytes());
  }

  @Benchmark
  public void biasRelu(Traffic traffic) {
    backend.elementwise().bias(x, bias, Activation.RELU, y);
    traffic.add(2 * x.bytes());
  }

  @Benchmark
  public void biasBackward(Traffic traffic) {
    Gradient gradient = Gradient.overwrite(dBias);
    backend.elementwise().biasBackward(y, Activation.RELU, dOut, dOut, gradient);
    traffic.add(3 * x.bytes());
  }

  @Benchmark
  public void maskedBiasRelu(Traffic traffic) {
    backend.elementwise().maskedBias(x, bias, Activation.RELU, y, mask);
    traffic.add(2 * x.bytes() + mask.bytes());
  }

  @Benchmark
  public void maskedBiasBackward(Traffic traffic) {
    Gradient gradient = Gradient.overwrite(dBias);
    backend.elementwise().maskedBiasBackward(mask, dOut, dOut, gradient);
    traffic.add(2 * x.bytes() + mask.bytes());
  }

  @Benchmark
  public void hardSwish(Traffic traffic) {
    backend.elementwise().activation(x, Activation.HARD_SWISH, y);
    traffic.add(2 * x.bytes());
  }

  @Benchmark
  public void hardSwishBackward(Traffic traffic) {
    Gradient gradient = Gradient.overwrite(dOut);
    backend.elementwise().activationBackward(x, Activation.HARD_SWISH, dOut, gradient);
    traffic.add(3 * x.bytes());
  }

  @Benchmark
  public void scaleChannels(Traffic traffic) {
    backend.elementwise().scaleChannels(x, perImage, y);
    traffic.add(2 * x.bytes());
  }

  @Benchmark
  public void scaleChannelsBackward(Traffic traffic) {
    Gradient gradient = Gradient.overwrite(dOut);
    backend
        .elementwise()
        .scaleChannelsBackward(x, perImage, dOut, gradient, Gradient.overwrite(dPerImage));
    traffic.add(3 * x.bytes());
  }

  @Benchmark
  public void joinChannels(Traffic traffic) {
    backend
        .elementwise()
        .joinChannels(rows(x), x.shape().dim(-1), rows(y), y.shape().dim(-1), joined);
    traffic.add(2 * joined.bytes());
  }

  private static Tensor rows(Tensor x) {
    return x.reshape(Shape.of(x.shape().rows(), x.shape().dim(-1)));
  }
}
