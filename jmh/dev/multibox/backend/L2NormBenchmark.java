package dev.multibox.backend;

import dev.multibox.backend.L2NormKernels.Guard;
import dev.multibox.tensor.DType;
import dev.multibox.tensor.Shape;
import dev.multibox.tensor.Tensor;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;

/** L2 normalisation of SSD300's first feature map, and its gradient. */
@SuppressWarnings("NullAway.Init")
public class L2NormBenchmark extends OpBenchmark {
  private static final float EPSILON = 1e-12f;

  /** An input as N x H x W x C. */
  @Param({"1x38x38x512", "8x38x38x512"})
  private String shape = "";

  /** What the tensors of that shape are stored in. */
  @Param({"F32", "F16"})
  private DType type = DType.F32;

  private L2NormKernels kernels;
  private Tensor x;
  private Tensor scale;
  private Tensor norm;
  private Tensor out;
  private Gradient dx;
  private Gradient dScale;

  @Override
  Tensor setUp() {
    kernels = backend().l2Norm();
    Shape extents = RandomTensors.shape(shape);
    x = random().of(extents, type);
    out = random().of(extents, type);
    scale = random().of(Shape.of(extents.dim(-1)));
    norm = arena().zeros(Shape.of(extents.rows()), DType.F32);
    dx = Gradient.overwrite(arena().zeros(extents, type));
    dScale = Gradient.overwrite(arena().zeros(scale.shape(), DType.F32));
    kernels.forward(x, scale, Guard.LARGER_OF, EPSILON, norm, out);
    float expected = random().first(x) * random().first(scale) / random().first(norm);
    require(
        Math.abs(random().first(out) - expected) < 1e-3,
        "l2Norm: an element is not x scale / norm");
    return x;
  }

  @Benchmark
  public void forward(Traffic traffic) {
    time(
        traffic,
        x.bytes() + out.bytes() + norm.bytes(),
        () -> kernels.forward(x, scale, Guard.LARGER_OF, EPSILON, norm, out));
  }

  @Benchmark
  public void backward(Traffic traffic) {
    time(
        traffic,
        3 * x.bytes() + norm.bytes(),
        () -> kernels.backward(x, scale, Guard.LARGER_OF, EPSILON, norm, out, dx, dScale));
  }
}
