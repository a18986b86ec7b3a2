package dev.multibox.backend.cpu;

import static dev.multibox.Tensors.random;
import static org.assertj.core.api.Assertions.assertThat;

import dev.multibox.Tensors;
import dev.multibox.backend.Activation;
import dev.multibox.backend.Backend;
import dev.multibox.backend.BatchNormKernels.Statistics;
import dev.multibox.backend.Gradient;
import dev.multibox.backend.L2NormKernels.Guard;
import dev.multibox.backend.PoolingParams;
import dev.multibox.tensor.DType;
import dev.multibox.tensor.Shape;
import dev.multibox.tensor.Tensor;
import dev.multibox.tensor.TensorArena;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.BiFunction;
import org.junit.jupiter.api.Test;

class ThreadCountTest {
  private static final Shape SHAPE = Shape.of(3, 41, 37, 67);
  private static final Shape CHANNELS = Shape.of(67);

  @Test
  void sumsAreBitEqual() {
    assertBitEqual((backend, tensors) -> {
      Tensor x = tensors.floats(SHAPE, random(1, SHAPE.size()));
      Tensor sum = tensors.poisoned(Shape.of(1));
      backend.elementwise().sum(x, sum);
      Tensor dBias = tensors.poisoned(CHANNELS);
      backend.elementwise().biasBackward(x, Activation.RELU, x, x, Gradient.overwrite(dBias));
      return List.of(sum, dBias, x);
    });
  }

  @Test
  void batchNormIsBitEqual() {
    assertBitEqual((backend, tensors) -> {
      Tensor x = tensors.floats(SHAPE, random(2, SHAPE.size()));
      Tensor mean = tensors.poisoned(CHANNELS);
      Tensor invStd = tensors.poisoned(CHANNELS);
      Tensor y = tensors.poisoned(SHAPE);
      Tensor dz = tensors.floats(SHAPE, random(3, SHAPE.size()));
      Tensor sums = tensors.poisoned(Shape.of(2, 67));
      Tensor gamma = tensors.floats(CHANNELS, random(4, 67));
      var kernels = backend.batchNorm();
      kernels.statistics(x, 1e-5f, mean, invStd);
      kernels.apply(x, mean, invStd, gamma, mean, null, Activation.RELU6, y);
      kernels.backwardReduce(x, mean, invStd, y, Activation.RELU6, dz, dz, sums);
      Tensor dx = tensors.poisoned(SHAPE);
      kernels.backwardData(
          x, mean, invStd, gamma, dz, sums, Statistics.BATCH, Gradient.overwrite(dx));
      return List.of(mean, invStd, y, dz, sums, dx);
    });
  }

  @Test
  void poolingIsBitEqual() {
    assertBitEqual((backend, tensors) -> {
      PoolingParams params = PoolingParams.of(3, 2, 1);
      Tensor x = tensors.floats(SHAPE, random(5, SHAPE.size()));
      Tensor out = tensors.poisoned(params.outputShape(SHAPE));
      Tensor argMax = tensors.zeros(out.shape(), DType.U8);
      backend.pooling().maxPool(x, params, out, argMax);
      Tensor dx = tensors.floats(SHAPE, random(6, SHAPE.size()));
      backend.pooling().maxPoolBackward(argMax, out, params, Gradient.add(dx));
      return List.of(out, dx);
    });
  }

  @Test
  void l2NormIsBitEqual() {
    assertBitEqual((backend, tensors) -> {
      Tensor x = tensors.floats(SHAPE, random(7, SHAPE.size()));
      Tensor scale = tensors.floats(CHANNELS, random(8, 67));
      Tensor norm = tensors.poisoned(Shape.of(SHAPE.rows()));
      Tensor y = tensors.poisoned(SHAPE);
      backend.l2Norm().forward(x, scale, Guard.LARGER_OF, 1e-12f, norm, y);
      Tensor dx = tensors.poisoned(SHAPE);
      Tensor dScale = tensors.poisoned(CHANNELS);
      backend
          .l2Norm()
          .backward(
              x,
              scale,
              Guard.LARGER_OF,
              1e-12f,
              norm,
              y,
              Gradient.overwrite(dx),
              Gradient.overwrite(dScale));
      return List.of(norm, y, dx, dScale);
    });
  }

  private static void assertBitEqual(BiFunction<Backend, Tensors, List<Tensor>> kernels) {
    List<float[]> first = run(1, kernels);
    assertThat(first).allMatch(ThreadCountTest::finiteAndNotAllZero);
    for (int threads : new int[] {2, 3}) {
      List<float[]> other = run(threads, kernels);
      for (int i = 0; i < first.size(); i++) {
        assertThat(Arrays.mismatch(other.get(i), first.get(i)))
            .describedAs("result %d with %d threads", i, threads)
            .isEqualTo(-1);
      }
    }
  }

  private static boolean finiteAndNotAllZero(float[] values) {
    boolean zero = true;
    for (float value : values) {
      if (!Float.isFinite(value)) {
        return false;
      }
      zero &= value == 0;
    }
    return !zero;
  }

  private static List<float[]> run(
      int threads, BiFunction<Backend, Tensors, List<Tensor>> kernels) {
    try (CpuBackend backend = CpuBackend.open(threads);
        TensorArena arena = backend.newArena()) {
      List<float[]> values = new ArrayList<>();
      for (Tensor result : kernels.apply(backend, new Tensors(backend, arena))) {
        values.add(backend.floats(result));
      }
      return values;
    }
  }
}
