package dev.multibox.backend;

import dev.multibox.tensor.DType;
import dev.multibox.tensor.Shape;
import dev.multibox.tensor.Tensor;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;

/** Max pooling, the mean of each image, and their gradients. */
@SuppressWarnings("NullAway.Init")
public class PoolingBenchmark extends OpBenchmark {
  /** An input as N x H x W x C. */
  @Param({"16x48x48x32", "16x12x12x128", "4x150x150x64"})
  private String shape = "";

  /** Side of the window; the stride is 2, and three columns are padded by one. */
  @Param({"2", "3"})
  private int window;

  /** What the tensors of that shape are stored in. */
  @Param({"F32", "F16"})
  private DType type = DType.F32;

  private PoolingKernels kernels;
  private PoolingParams params;
  private Tensor x;
  private Tensor out;
  private Tensor argMax;
  private Tensor means;
  private Gradient dx;

  @Override
  Tensor setUp() {
    kernels = backend().pooling();
    Shape extents = RandomTensors.shape(shape);
    params = PoolingParams.of(window, 2, window - 2);
    x = random().of(extents, type);
    out = random().of(params.outputShape(extents), type);
    argMax = arena().zeros(out.shape(), DType.U8);
    means = random().of(Shape.of(extents.dim(0), 1, 1, extents.dim(3)), type);
    dx = Gradient.overwrite(arena().zeros(extents, type));
    kernels.maxPool(x, params, out, argMax);
    require(random().first(out) >= random().first(x), "maxPool: a maximum is below its input");
    return x;
  }

  @Benchmark
  public void maxPool(Traffic traffic) {
    time(
        traffic,
        x.bytes() + out.bytes() + argMax.bytes(),
        () -> kernels.maxPool(x, params, out, argMax));
  }

  @Benchmark
  public void maxPoolBackward(Traffic traffic) {
    time(
        traffic,
        x.bytes() + out.bytes() + argMax.bytes(),
        () -> kernels.maxPoolBackward(argMax, out, params, dx));
  }

  @Benchmark
  public void globalAverage(Traffic traffic) {
    time(traffic, x.bytes() + means.bytes(), () -> kernels.globalAverage(x, means));
  }

  @Benchmark
  public void globalAverageBackward(Traffic traffic) {
    time(traffic, x.bytes() + means.bytes(), () -> kernels.globalAverageBackward(means, dx));
  }
}
