package dev.multibox.backend;

import dev.multibox.tensor.DType;
import dev.multibox.tensor.Shape;
import dev.multibox.tensor.Tensor;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;

/** The end of a training step: overflow check, SGD, loss scale. */
@SuppressWarnings("NullAway.Init")
public class OptimizerBenchmark extends OpBenchmark {
  private static final float LOSS_SCALE = 4;

  /** How many: those of ssd-tiny, then of SSD300-VGG16. */
  @Param({"1000000", "26285486"})
  private long parameters;

  /** What gradients are stored in; F16 ones come with F16 copies of the weights. */
  @Param({"F32", "F16"})
  private DType type = DType.F32;

  private OptimizerKernels kernels;
  private Tensor weights;
  private Tensor momentum;
  private Tensor gradients;
  private @Nullable Tensor copies;
  private Tensor hyper;
  private Tensor losses;
  private Tensor lossScale;
  private Tensor counters;
  private Tensor ring;
  private Tensor foundInf;

  @Override
  Tensor setUp() {
    kernels = backend().optimizer();
    Shape slab = Shape.of(parameters);
    weights = random().of(slab);
    momentum = arena().zeros(slab, DType.F32);
    gradients = random().of(slab, type);
    copies = type == DType.F16 ? arena().zeros(slab, DType.F16) : null;
    hyper = arena().zeros(Shape.of(OptimizerKernels.HYPER_SIZE), DType.F32);
    losses = arena().zeros(Shape.of(3), DType.F32);
    lossScale = random().of(Shape.of(1), new float[] {LOSS_SCALE}, DType.F32);
    counters = arena().zeros(Shape.of(OptimizerKernels.SCALE_COUNTERS), DType.I32);
    ring =
        arena().zeros(Shape.of(OptimizerKernels.RING_STEPS, OptimizerKernels.RING_SIZE), DType.F32);
    foundInf = arena().zeros(Shape.of(1), DType.I32);
    float expected = random().first(weights) - 0.5f * random().first(gradients) / LOSS_SCALE;
    rate(0.5f);
    update();
    require(Math.abs(random().first(weights) - expected) < 1e-6, "sgd: the first weight is wrong");
    rate(0);
    return weights;
  }

  /** The second update and later ones, at this learning rate. */
  private void rate(float rate) {
    backend().upload(new float[] {rate, 0.9f, 0, 1, 1, 0, 0, 0}, hyper);
  }

  private void update() {
    SgdParams params = SgdParams.of(true);
    kernels.sgd(weights, momentum, gradients, copies, hyper, lossScale, params, foundInf);
  }

  @Benchmark
  public void checkFinite(Traffic traffic) {
    time(traffic, gradients.bytes(), () -> kernels.checkFinite(gradients, foundInf));
  }

  @Benchmark
  public void sgd(Traffic traffic) {
    long bytes = 4 * weights.bytes() + gradients.bytes();
    time(traffic, bytes + (copies == null ? 0 : copies.bytes()), this::update);
  }

  @Benchmark
  public void updateScale(Traffic traffic) {
    long row = ring.bytes() / OptimizerKernels.RING_STEPS;
    time(
        traffic,
        row + losses.bytes() + 2 * (foundInf.bytes() + lossScale.bytes() + counters.bytes()),
        () ->
            kernels.updateScale(
                losses, ScaleParams.constant(), foundInf, lossScale, counters, ring));
  }
}
