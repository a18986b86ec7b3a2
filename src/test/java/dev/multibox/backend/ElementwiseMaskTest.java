package dev.multibox.backend;

import static dev.multibox.Tensors.random;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.multibox.BackendSource;
import dev.multibox.Tensors;
import dev.multibox.tensor.DType;
import dev.multibox.tensor.Shape;
import dev.multibox.tensor.Tensor;
import dev.multibox.tensor.TensorArena;
import java.util.List;

/**
 * Ops that keep one bit of an activation instead of its output: bit for bit what those that keep
 * the output compute.
 */
class ElementwiseMaskTest {
  private static final List<Activation> BOUNDED = List.of(Activation.RELU, Activation.RELU6);

  /** No rows, few and many, of channels that fill bytes and others. */
  private static final List<Shape> SHAPES =
      List.of(
          Shape.of(0, 8),
          Shape.of(33, 1),
          Shape.of(100, 5),
          Shape.of(1, 8),
          Shape.of(300, 8),
          Shape.of(33, 9),
          Shape.of(70, 64),
          Shape.of(2, 2050),
          Shape.of(2, 3, 2056));

  @BackendSource
  void aBitIsSetWhereTheActivationPasses(Backend backend) {
    try (TensorArena arena = backend.newArena()) {
      Tensors tensors = new Tensors(backend, arena);
      Shape shape = Shape.of(2, 5);
      float inf = Float.POSITIVE_INFINITY;
      // Rows begin with a new byte; 1e-9 is 0 in F16.
      float[] values = {1, -1, Float.NaN, 6, 0, -0f, 5.5f, inf, -inf, 1e-9f};
      assertThat(mask(tensors, tensors.floats(shape, values), Activation.RELU))
          .containsExactly(0b01001, 0b10110);
      assertThat(mask(tensors, tensors.floats(shape, values), Activation.RELU6))
          .containsExactly(0b00001, 0b10010);
      assertThat(mask(tensors, tensors.of(DType.F16, shape, values), Activation.RELU))
          .containsExactly(0b01001, 0b00110);
    }
  }

  private static byte[] mask(Tensors tensors, Tensor x, Activation activation) {
    Tensor mask = tensors.allocate(ActivationMask.shape(x.shape()), DType.U8);
    tensors.backend().elementwise().maskedActivation(x, activation, x, mask);
    return tensors.bytes(mask).toArray(JAVA_BYTE);
  }

  @BackendSource
  void biasAndItsGradientAreThoseOfTheOutput(Backend backend) {
    forEveryShape(
        backend,
        (tensors, shape, type, activation) -> {
          ElementwiseKernels kernels = backend.elementwise();
          Tensor x = spread(tensors, type, 1, shape);
          Tensor bias = spread(tensors, DType.F32, 2, channels(shape));
          Tensor dOut = spread(tensors, type, 3, shape);
          Tensor mask = tensors.allocate(ActivationMask.shape(shape), DType.U8);
          Tensor y = tensors.allocate(shape, type);
          Tensor dz = tensors.allocate(shape, type);
          Tensor dBias = tensors.poisoned(channels(shape));
          kernels.bias(x, bias, activation, y);
          kernels.biasBackward(y, activation, dOut, dz, Gradient.overwrite(dBias));

          Tensor maskedBias = tensors.poisoned(channels(shape));
          kernels.maskedBias(x, bias, activation, x, mask);
          kernels.maskedBiasBackward(mask, dOut, dOut, Gradient.overwrite(maskedBias));
          tensors.assertSameBytes(x, y);
          tensors.assertSameBytes(dOut, dz);
          Tensors.assertClose(backend.floats(maskedBias), backend.floats(dBias), 1e-6);
        });
  }

  @BackendSource
  void anActivationAndItsGradientAreThoseOfTheOutput(Backend backend) {
    forEveryShape(
        backend,
        (tensors, shape, type, activation) -> {
          ElementwiseKernels kernels = backend.elementwise();
          Tensor x = spread(tensors, type, 1, shape);
          Tensor dOut = spread(tensors, type, 3, shape);
          Tensor mask = tensors.allocate(ActivationMask.shape(shape), DType.U8);
          Tensor y = tensors.allocate(shape, type);
          Tensor masked = tensors.allocate(shape, type);
          kernels.activation(x, activation, y);
          kernels.maskedActivation(x, activation, masked, mask);
          tensors.assertSameBytes(masked, y);
          for (Accumulate accumulate : Accumulate.values()) {
            kernels.activationBackward(y, activation, dOut, new Gradient(x, accumulate));
            kernels.maskedActivationBackward(mask, dOut, new Gradient(masked, accumulate));
            tensors.assertSameBytes(masked, x);
          }
        });
  }

  private interface Body {
    void run(Tensors tensors, Shape shape, DType type, Activation activation);
  }

  private static void forEveryShape(Backend backend, Body body) {
    for (Shape shape : SHAPES) {
      for (DType type : List.of(DType.F32, DType.F16)) {
        for (Activation activation : BOUNDED) {
          try (TensorArena arena = backend.newArena()) {
            body.run(new Tensors(backend, arena), shape, type, activation);
          }
        }
      }
    }
  }

  /** Values in [-8, 8), so that both ends of RELU6 are met. */
  static Tensor spread(Tensors tensors, DType type, long seed, Shape shape) {
    float[] values = random(seed, shape.size());
    for (int i = 0; i < values.length; i++) {
      values[i] *= 8;
    }
    return tensors.of(type, shape, values);
  }

  static Shape channels(Shape shape) {
    return Shape.of(shape.dim(-1));
  }

  @BackendSource
  void refusesWhatTheContractsExclude(Backend backend) {
    try (TensorArena arena = backend.newArena()) {
      Tensors tensors = new Tensors(backend, arena);
      Tensor x = tensors.poisoned(Shape.of(4, 9));
      Tensor mask = tensors.allocate(Shape.of(4, 1), DType.U8);
      assertThatThrownBy(() -> backend.elementwise().maskedActivation(x, Activation.RELU, x, mask))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("maskedActivation: mask was [4, 1], wanted [4, 2]");
      assertThatThrownBy(() -> backend.elementwise().maskedActivation(x, Activation.NONE, x, mask))
          .hasMessage("maskedActivation: activation was NONE, wanted one that has a mask");
      assertThatThrownBy(() ->
              backend
                  .elementwise()
                  .maskedBiasBackward(
                      tensors.poisoned(Shape.of(4, 2)), x, x, Gradient.overwrite(x.get(0))))
          .hasMessage("maskedBiasBackward: a tensor was [4, 2] F32, wanted U8");
      assertThatThrownBy(() -> ActivationMask.shape(Shape.of()))
          .hasMessage("mask: x was a scalar, wanted a last axis of channels");
    }
  }
}
