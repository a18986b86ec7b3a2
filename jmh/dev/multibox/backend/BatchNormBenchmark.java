package dev.multibox.backend;

import dev.multibox.backend.BatchNormKernels.Statistics;
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

/** The four passes of batch normalisation beside {@code copy}, the floor: one read, one write. */
@State(Scope.Thread)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@SuppressWarnings("NullAway.Init")
public class BatchNormBenchmark {
  private static final float EPSILON = 1e-5f;

  /** A tensor as N x H x W x C. */
  @Param({"16x48x48x32", "16x24x24x64", "16x12x12x128", "4x150x150x64"})
  private String shape = "";

  /** What the tensors of that shape are stored in. */
  @Param({"F32", "F16"})
  private DType type = DType.F32;

  private CpuBackend backend;
  private TensorArena arena;
  private BatchNormKernels kernels;
  private Tensor x;
  private Tensor y;
  private Tensor dOut;
  private Tensor dz;
  private Tensor mean;
  private Tensor invStd;
  private Tensor gamma;
  private Tensor sums;
  private Tensor mask;

  @Setup(Level.Trial)
  public void open() {
    backend = CpuBackend.open();
    arena = backend.newArena();
    kernels = backend.batchNorm();
    Batch batch = new Batch(backend, arena);
    Shape extents = Batch.shape(shape);
    Shape channels = Shape.of(extents.dim(-1));
    x = batch.random(extents, type);
    y = batch.random(extents, type);
    dOut = batch.random(extents, type);
    dz = batch.random(extents, type);
    mean = batch.random(channels);
    invStd = batch.random(channels);
    gamma = batch.random(channels);
    mask = arena.zeros(ActivationMask.shape(extents), DType.U8);
    sums = batch.random(Shape.of(2, extents.dim(-1)));
    kernels.statistics(x, EPSILON, mean, invStd);
    if (!(backend.floats(invStd)[0] > 1)) {
      throw new IllegalStateException("statistics: uniform values deviate by 0.58");
    }
  }

  @TearDown(Level.Trial)
  public void close() {
    arena.close();
    backend.close();
  }

  @Benchmark
  public void copy(Traffic traffic) {
    MemorySegment.copy(x.host(), 0, dz.host(), 0, x.bytes());
    traffic.add(2 * x.bytes());
  }

  @Benchmark
  public void statistics(Traffic traffic) {
    kernels.statistics(x, EPSILON, mean, invStd);
    traffic.add(x.bytes());
  }

  @Benchmark
  public void applyRelu(Traffic traffic) {
    kernels.apply(x, mean, invStd, gamma, gamma, null, Activation.RELU, y);
    traffic.add(2 * x.bytes());
  }

  @Benchmark
  public void backwardReduce(Traffic traffic) {
    kernels.backwardReduce(x, mean, invStd, y, Activation.RELU, dOut, dz, sums);
    traffic.add(4 * x.bytes());
  }

  @Benchmark
  public void backwardData(Traffic traffic) {
    Gradient dx = Gradient.overwrite(dz);
    kernels.backwardData(x, mean, invStd, gamma, dOut, sums, Statistics.BATCH, dx);
    traffic.add(3 * x.bytes());
  }

  @Benchmark
  public void maskedApplyRelu(Traffic traffic) {
    kernels.maskedApply(x, mean, invStd, gamma, gamma, null, Activation.RELU, y, mask);
    traffic.add(2 * x.bytes() + mask.bytes());
  }

  @Benchmark
  public void maskedBackwardReduce(Traffic traffic) {
    kernels.maskedBackwardReduce(x, mean, invStd, mask, dOut, dz, sums);
    traffic.add(3 * x.bytes() + mask.bytes());
  }
}
