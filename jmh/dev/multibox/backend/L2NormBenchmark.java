package dev.multibox.backend;

import dev.multibox.backend.L2NormKernels.Guard;
import dev.multibox.backend.cpu.CpuBackend;
import dev.multibox.tensor.DType;
import dev.multibox.tensor.Shape;
import dev.multibox.tensor.Tensor;
import dev.multibox.tensor.TensorArena;
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

/** L2 normalisation of SSD300's first feature map and its gradient, in gigabytes a second. */
@State(Scope.Thread)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Fork(value = 1, jvmArgsAppend = "--enable-native-access=ALL-UNNAMED")
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@SuppressWarnings("NullAway.Init")
public class L2NormBenchmark {
  /** An input as N x H x W x C. */
  @Param({"1x38x38x512", "8x38x38x512"})
  private String shape = "";

  /** What the tensors of that shape are stored in. */
  @Param({"F32", "F16"})
  private DType type = DType.F32;

  private CpuBackend backend;
  private TensorArena arena;
  private Tensor x;
  private Tensor scale;
  private Tensor norm;
  private Tensor out;
  private Tensor dx;
  private Tensor dScale;

  @Setup(Level.Trial)
  public void open() {
    backend = CpuBackend.open();
    arena = backend.newArena();
    Batch batch = new Batch(backend, arena);
    Shape extents = Batch.shape(shape);
    Shape vector = Shape.of(extents.dim(-1));
    x = batch.random(extents, type);
    out = batch.random(extents, type);
    dx = batch.random(extents, type);
    scale = batch.random(vector);
    dScale = batch.random(vector);
    norm = batch.random(Shape.of(extents.rows()));
    backend.l2Norm().forward(x, scale, Guard.LARGER_OF, 1e-12f, norm, out);
    float expected = batch.first(x) * backend.floats(scale)[0] / backend.floats(norm)[0];
    if (!(Math.abs(batch.first(out) - expected) < 1e-3)) {
      throw new IllegalStateException("l2Norm: an element is not x scale / norm");
    }
  }

  @TearDown(Level.Trial)
  public void close() {
    arena.close();
    backend.close();
  }

  @Benchmark
  public void forward(Traffic traffic) {
    backend.l2Norm().forward(x, scale, Guard.LARGER_OF, 1e-12f, norm, out);
    traffic.add(x.bytes() + out.bytes() + norm.bytes());
  }

  @Benchmark
  public void backward(Traffic traffic) {
    backend
        .l2Norm()
        .backward(
            x,
            scale,
            Guard.LARGER_OF,
            1e-12f,
            norm,
            out,
            Gradient.overwrite(dx),
            Gradient.overwrite(dScale));
    traffic.add(x.bytes() + out.bytes() + norm.bytes() + dx.bytes());
  }
}
