package dev.multibox.backend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.multibox.BackendSource;
import dev.multibox.Tensors;
import dev.multibox.tensor.DType;
import dev.multibox.tensor.Shape;
import dev.multibox.tensor.Tensor;
import dev.multibox.tensor.TensorArena;
import java.util.List;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;

/** What F16 holds, where it stops, and which types go together. */
class HalfPrecisionTest {
  private static final float LARGEST = 65504;
  private static final float SMALLEST = 0x1p-24f;
  private static final float INF = Float.POSITIVE_INFINITY;
  private static final float NAN = Float.NaN;

  @BackendSource
  void sumsBeyondTheLargestHalfAreInfinite(Backend backend) {
    try (TensorArena arena = backend.newArena()) {
      Tensors tensors = new Tensors(backend, arena);
      Shape shape = Shape.of(6);
      // Halfway to the next power of two, 65536 - 16, still rounds down, 65520 does not.
      Tensor a = tensors.of(DType.F16, shape, LARGEST, LARGEST, -LARGEST, SMALLEST, NAN, INF);
      Tensor b = tensors.of(DType.F16, shape, 15, 16, -LARGEST, SMALLEST, 1, -INF);
      Tensor out = tensors.zeros(shape, DType.F16);
      backend.elementwise().add(a, b, Activation.NONE, out);
      assertThat(tensors.values(out)).containsExactly(LARGEST, INF, -INF, 2 * SMALLEST, NAN, NAN);
    }
  }

  /** The sum of products is 2049, which F16 does not hold; bias and activation come before it. */
  @BackendSource
  void aUnitRoundsOnceAtItsEnd(Backend backend) {
    try (TensorArena arena = backend.newArena()) {
      Tensors tensors = new Tensors(backend, arena);
      Shape shape = Shape.of(1, 1, 1, 2);
      Tensor x = tensors.of(DType.F16, shape, 2048, 1);
      Tensor filter = tensors.of(DType.F16, shape, 1, 1);
      Tensor bias = tensors.floats(Shape.of(1), -2000.0625f);
      Tensor out = tensors.zeros(Shape.of(1, 1, 1, 1), DType.F16);
      ConvolutionParams params = ConvolutionParams.of(1, 0);
      backend.convolution().forward(x, filter, bias, Activation.RELU, params, out);
      assertThat(tensors.values(out)).containsExactly(48.9375f);
    }
  }

  @BackendSource
  void addingToAHalfGradientAddsInFloat(Backend backend) {
    try (TensorArena arena = backend.newArena()) {
      Tensors tensors = new Tensors(backend, arena);
      Shape shape = Shape.of(4);
      // 2048 + 1 is halfway and goes to the even neighbour; 2050 + 1 to the even one above.
      Tensor dOut = tensors.of(DType.F16, shape, 1, 1, 60_000, SMALLEST);
      Tensor dx = tensors.of(DType.F16, shape, 2048, 2050, 60_000, -SMALLEST);
      backend.elementwise().accumulate(dOut, Gradient.add(dx));
      assertThat(tensors.values(dx)).containsExactly(2048, 2052, INF, 0);
    }
  }

  @BackendSource
  void gradientsOfSmallBatchesAddUpInFloat(Backend backend) {
    try (TensorArena arena = backend.newArena()) {
      Tensors tensors = new Tensors(backend, arena);
      Tensor dFilter = tensors.of(DType.F16, Shape.of(2), 1, LARGEST);
      Tensor sum = tensors.floats(Shape.of(2), 2048, LARGEST);
      backend.elementwise().accumulate(dFilter, Gradient.add(sum));
      assertThat(backend.floats(sum)).containsExactly(2049, 2 * LARGEST);
    }
  }

  @BackendSource
  void statisticsOfHalvesDoNotOverflow(Backend backend) {
    try (TensorArena arena = backend.newArena()) {
      Tensors tensors = new Tensors(backend, arena);
      Tensor x = tensors.of(DType.F16, Shape.of(4, 1), LARGEST, LARGEST, -LARGEST, -LARGEST);
      Tensor mean = tensors.poisoned(Shape.of(1));
      Tensor invStd = tensors.poisoned(Shape.of(1));
      backend.batchNorm().statistics(x, 1e-5f, mean, invStd);
      // Of sums of this size, which a backend may round.
      assertThat(backend.floats(mean)[0]).isCloseTo(0, within(Math.ulp(LARGEST)));
      assertThat(backend.floats(invStd)[0]).isCloseTo(1 / LARGEST, within(Math.ulp(1 / LARGEST)));
    }
  }

  @BackendSource
  void anInfiniteOrNanHalfIsFound(Backend backend) {
    try (TensorArena arena = backend.newArena()) {
      Tensors tensors = new Tensors(backend, arena);
      for (float last : new float[] {LARGEST, SMALLEST, INF, -INF, NAN}) {
        float[] gradients = new float[257];
        gradients[256] = last;
        Tensor foundInf = tensors.ints(Shape.of(1), 0);
        backend.optimizer().checkFinite(tensors.of(DType.F16, Shape.of(257), gradients), foundInf);
        assertThat(backend.ints(foundInf)[0]).isEqualTo(Float.isFinite(last) ? 0 : 1);
      }
    }
  }

  @BackendSource
  void copiesAreTheNewMastersRounded(Backend backend) {
    try (TensorArena arena = backend.newArena()) {
      Tensors tensors = new Tensors(backend, arena);
      Tensor masters = tensors.floats(Shape.of(2), 1, 2048);
      Tensor momentum = tensors.floats(Shape.of(2), 0, 0);
      // Unscaled by 1/1024 and times a rate of 1/16: 2^-14 and 2, where 2048 - 1/16 is 2048 in F16.
      Tensor gradients = tensors.of(DType.F16, Shape.of(2), 1, 1024);
      Tensor copies = tensors.of(DType.F16, Shape.of(2), 0, 0);
      Tensor hyper = tensors.floats(Shape.of(8), 1 / 16f, 0.9f, 0, 0, 1, 0, 0, 0);
      Tensor scale = tensors.floats(Shape.of(1), 1024);
      Tensor foundInf = tensors.ints(Shape.of(1), 0);
      OptimizerKernels kernels = backend.optimizer();
      kernels.sgd(
          masters, momentum, gradients, copies, hyper, scale, SgdParams.of(false), foundInf);
      assertThat(backend.floats(masters)).containsExactly(1 - 0x1p-14f, 2048 - 1 / 16f);
      assertThat(tensors.values(copies)).containsExactly(1, 2048);

      backend.upload(new int[] {1}, foundInf);
      backend.upload(new float[] {5, 6}, masters);
      kernels.sgd(
          masters, momentum, gradients, copies, hyper, scale, SgdParams.of(false), foundInf);
      assertThat(tensors.values(copies)).containsExactly(1, 2048);
    }
  }

  @BackendSource
  void typesThatDoNotGoTogetherAreRefusedByName(Backend backend) {
    try (TensorArena arena = backend.newArena()) {
      Tensors tensors = new Tensors(backend, arena);
      Shape shape = Shape.of(1, 1, 1, 2);
      Tensor floats = tensors.zeros(shape, DType.F32);
      Tensor halves = tensors.zeros(shape, DType.F16);
      Tensor filter = tensors.zeros(Shape.of(2, 1, 1, 2), DType.F32);
      Tensor vector = tensors.zeros(Shape.of(2), DType.F32);
      Tensor halfVector = tensors.zeros(Shape.of(2), DType.F16);
      Gradient dx = Gradient.overwrite(halves);

      assertRefused(
          () -> backend.elementwise().add(halves, floats, Activation.NONE, halves),
          "add: types were F16 and F32, wanted equal ones");
      assertRefused(
          () -> backend.elementwise().accumulate(floats, dx),
          "accumulate: dx was [1, 1, 1, 2] F16 for dOut [1, 1, 1, 2] F32, wanted F32 or the same"
              + " type");
      assertRefused(
          () -> backend.elementwise().bias(halves, halfVector, Activation.NONE, halves),
          "bias: bias was [2] F16, wanted F32");
      ConvolutionParams params = ConvolutionParams.of(1, 0);
      assertRefused(
          () ->
              backend.convolution().forward(halves, filter, null, Activation.NONE, params, halves),
          "convolutionForward: types were F16 and F32, wanted equal ones");
      assertRefused(
          () ->
              backend
                  .batchNorm()
                  .apply(halves, vector, vector, vector, vector, floats, Activation.NONE, halves),
          "batchNormApply: types were F16 and F32, wanted equal ones");
      assertRefused(
          () -> backend.loss().smoothL1(halves, halves, 1, floats),
          "smoothL1: a tensor was [1, 1, 1, 2] F16, wanted F32");
      HeadLayout layout = new HeadLayout(1, 1, 1, 2, 6, 0);
      HeadLayout second = new HeadLayout(1, 1, 1, 2, 6, 1);
      Tensor level = tensors.zeros(Shape.of(1, 1, 1, 6), DType.F32);
      Tensor halfLevel = tensors.zeros(Shape.of(1, 1, 1, 6), DType.F16);
      assertRefused(
          () -> new HeadOutputs(List.of(level, halfLevel), List.of(layout, second)),
          "heads: types were F32 and F16, wanted equal ones");
      Tensor foundInf = tensors.ints(Shape.of(1), 0);
      Tensor hyper = tensors.zeros(Shape.of(8), DType.F32);
      Tensor one = tensors.floats(Shape.of(1), 1);
      assertRefused(
          () ->
              backend
                  .optimizer()
                  .sgd(halfVector, vector, vector, null, hyper, one, SgdParams.of(true), foundInf),
          "sgd: a tensor was [2] F16, wanted F32");
      assertRefused(
          () ->
              backend
                  .optimizer()
                  .sgd(vector, vector, vector, vector, hyper, one, SgdParams.of(true), foundInf),
          "sgd: a tensor was [2] F32, wanted F16");
    }
  }

  private static void assertRefused(ThrowingCallable call, String message) {
    assertThatThrownBy(call).isInstanceOf(IllegalArgumentException.class).hasMessage(message);
  }
}
