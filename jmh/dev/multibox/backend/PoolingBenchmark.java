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

/**
 * Max pooling, the mean of images and their gradients beside {@code copy} of the input, the floor.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@SuppressWarnings("NullAway.Init")
public class PoolingBenchmark {
  /** An input as N x H x W x C. */
  @Param({"16x48x48x32", "16x12x12x128", "4x150x150x64"})
  private String shape = "";

  /** Side of the window; the stride is 2, and three columns are padded by one. */
  @Param({"2", "3"})
  private int window;

  /** What the tensors of that shape are stored in. */
  @Param({"F32", "F16"})
  private DType type = DType.F32;

  private CpuBackend backend;
  private TensorArena arena;
  private PoolingParams params;
  private Tensor x;
  private Tensor dx;
  private Tensor out;
  private Tensor argMax;
  private Tensor means;

  @Setup(Level.Trial)
  public void open() {
    backend = CpuBackend.open();
    arena = backend.newArena();
    Batch batch = new Batch(backend, arena);
    Shape extents = Batch.shape(shape);
    params = PoolingParams.of(window, 2, window - 2);
    x = batch.random(extents, type);
    dx = batch.random(extents, type);
    out = batch.random(params.outputShape(extents), type);
    argMax = batch.bytes(out.shape());
    means = batch.random(Shape.of(extents.dim(0), 1, 1, extents.dim(3)), type);
    backend.pooling().maxPool(x, params, out, argMax);
    if (batch.first(out) < batch.first(x)) {
      throw new IllegalStateException("maxPool: a maximum lies below its input");
    }
  }

  @TearDown(Level.Trial)
  public void close() {
    arena.close();
    backend.close();
  }

  @Benchmark
  public void copy(Traffic traffic) {
    MemorySegment.copy(x.host(), 0, dx.host(), 0, x.bytes());
    traffic.add(2 * x.bytes());
  }

  @Benchmark
  public void maxPool(Traffic traffic) {
    backend.pooling().maxPool(x, params, out, argMax);
    traffic.add(x.bytes() + out.bytes() + argMax.bytes());
  }

  @Benchmark
  public void maxPoolBackward(Traffic traffic) {
    backend.pooling().maxPoolBackward(argMax, out, params, Gradient.overwrite(dx));
    traffic.add(x.bytes() + out.bytes() + argMax.bytes());
  }

  @Benchmark
  public void globalAverage(Traffic traffic) {
    backend.pooling().globalAverage(x, means);
    traffic.add(x.bytes());
  }

  @Benchmark
  public void globalAverageBackward(Traffic traffic) {
    backend.pooling().globalAverageBackward(means, Gradient.overwrite(dx));
    traffic.add(dx.bytes());
  }
}
