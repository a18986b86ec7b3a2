package dev.multibox.backend;

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

/** The end of a training step: overflow check, SGD, loss scale. */
@State(Scope.Thread)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@SuppressWarnings("NullAway.Init")
public class OptimizerBenchmark {
  /** How many: those of ssd-tiny, then of SSD300-VGG16. */
  @Param({"1000000", "26285486"})
  private long parameters;

  /** What gradients are stored in; F16 ones come with F16 copies of the weights. */
  @Param({"F32", "F16"})
  private DType type = DType.F32;

  private CpuBackend backend;
  private TensorArena arena;
  private Tensor weights;
  private Tensor momentum;
  private Tensor gradients;
  private Tensor copies;
  private Tensor hyper;
  private Tensor losses;
  private Tensor lossScale;
  private Tensor counters;
  private Tensor ring;
  private Tensor foundInf;

  @Setup(Level.Trial)
  public void open() {
    backend = CpuBackend.open();
    arena = backend.newArena();
    Batch batch = new Batch(backend, arena);
    Shape slab = Shape.of(parameters);
    weights = batch.random(slab);
    momentum = arena.zeros(slab, DType.F32);
    gradients = batch.random(slab, type);
    copies = arena.zeros(slab, DType.F16);
    hyper = arena.zeros(Shape.of(OptimizerKernels.HYPER_SIZE), DType.F32);
    backend.upload(new float[] {0.5f, 0.9f, 0, 1, 1, 0, 0, 0}, hyper);
    losses = arena.zeros(Shape.of(3), DType.F32);
    lossScale = arena.zeros(Shape.of(1), DType.F32);
    backend.upload(new float[] {4}, lossScale);
    counters = arena.zeros(Shape.of(OptimizerKernels.SCALE_COUNTERS), DType.I32);
    ring =
        arena.zeros(Shape.of(OptimizerKernels.RING_STEPS, OptimizerKernels.RING_SIZE), DType.F32);
    foundInf = arena.zeros(Shape.of(1), DType.I32);
    float expected = batch.first(weights) - 0.5f * (batch.first(gradients) / 4);
    update();
    if (Math.abs(batch.first(weights) - expected) > 1e-6) {
      throw new IllegalStateException("sgd: the first weight is wrong");
    }
    backend.upload(new float[OptimizerKernels.HYPER_SIZE], hyper);
  }

  @TearDown(Level.Trial)
  public void close() {
    arena.close();
    backend.close();
  }

  private void update() {
    Tensor rounded = type == DType.F16 ? copies : null;
    SgdParams params = SgdParams.of(true);
    backend
        .optimizer()
        .sgd(weights, momentum, gradients, rounded, hyper, lossScale, params, foundInf);
  }

  @Benchmark
  public void checkFinite(Traffic traffic) {
    backend.optimizer().checkFinite(gradients, foundInf);
    traffic.add(gradients.bytes());
  }

  @Benchmark
  public void sgd(Traffic traffic) {
    update();
    traffic.add(4 * weights.bytes() + gradients.bytes() + (type == DType.F16 ? copies.bytes() : 0));
  }

  @Benchmark
  public void updateScale() {
    backend
        .optimizer()
        .updateScale(losses, ScaleParams.constant(), foundInf, lossScale, counters, ring);
  }
}
