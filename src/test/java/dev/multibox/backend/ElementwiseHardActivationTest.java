package dev.multibox.backend;

import static dev.multibox.Tensors.assertClose;
import static org.assertj.core.api.Assertions.assertThat;

import dev.multibox.BackendSource;
import dev.multibox.Tensors;
import dev.multibox.tensor.Shape;
import dev.multibox.tensor.Tensor;
import dev.multibox.tensor.TensorArena;

/** MobileNetV3's activations, which bend at ±3, and their gradients. */
class ElementwiseHardActivationTest {
  private static final double FEW_ROUNDINGS = 1e-6;
  private static final float NAN = Float.NaN;
  private static final float INF = Float.POSITIVE_INFINITY;

  private static final Shape EIGHT = Shape.of(8);
  private static final float[] X = {-4, -2.5f, -1.5f, -0.5f, 0, 0.75f, 2.5f, 3.5f};
  private static final float[] GRADIENT = {1, 2, 3, 4, 5, 6, 7, 8};

  /** By torch.nn.functional.hardsigmoid and its backward of 1 .. 8. */
  @BackendSource
  void hardSigmoidIsPyTorchs(Backend backend) {
    try (TensorArena arena = backend.newArena()) {
      Tensors tensors = new Tensors(backend, arena);
      Tensor y = tensors.poisoned(EIGHT);
      backend.elementwise().activation(tensors.floats(EIGHT, X), Activation.HARD_SIGMOID, y);
      assertClose(
          backend.floats(y),
          new float[] {0, 0.08333334f, 0.25f, 0.41666666f, 0.5f, 0.625f, 0.9166667f, 1},
          FEW_ROUNDINGS);
      assertClose(
          gradient(backend, tensors, y, Activation.HARD_SIGMOID),
          new float[] {0, 1 / 3f, 0.5f, 2 / 3f, 0.8333334f, 1, 1.1666667f, 0},
          FEW_ROUNDINGS);
    }
  }

  /** By torch.nn.functional.hardswish and its backward of 1 .. 8. */
  @BackendSource
  void hardSwishIsPyTorchs(Backend backend) {
    try (TensorArena arena = backend.newArena()) {
      Tensors tensors = new Tensors(backend, arena);
      Tensor x = tensors.floats(EIGHT, X);
      Tensor y = tensors.poisoned(EIGHT);
      backend.elementwise().activation(x, Activation.HARD_SWISH, y);
      assertClose(
          backend.floats(y),
          new float[] {0, -0.20833333f, -0.375f, -0.20833333f, 0, 0.46875f, 2.2916667f, 3.5f},
          FEW_ROUNDINGS);
      assertClose(
          gradient(backend, tensors, x, Activation.HARD_SWISH),
          new float[] {0, -2 / 3f, 0, 4 / 3f, 2.5f, 4.5f, 9.333333f, 8},
          FEW_ROUNDINGS);
    }
  }

  private static float[] gradient(Backend backend, Tensors tensors, Tensor y, Activation kind) {
    Tensor dOut = tensors.floats(EIGHT, GRADIENT);
    backend.elementwise().activationBackward(y, kind, dOut, Gradient.overwrite(dOut));
    return backend.floats(dOut);
  }

  @BackendSource
  void hardActivationsKeepNan(Backend backend) {
    try (TensorArena arena = backend.newArena()) {
      Tensors tensors = new Tensors(backend, arena);
      Tensor x = tensors.floats(Shape.of(5), -INF, -3, 3, INF, NAN);
      Tensor y = tensors.poisoned(x.shape());
      backend.elementwise().activation(x, Activation.HARD_SIGMOID, y);
      assertThat(backend.floats(y)).containsExactly(0, 0, 1, 1, NAN);
      backend.elementwise().activation(x, Activation.HARD_SWISH, y);
      assertThat(backend.floats(y)).containsExactly(NAN, -0f, 3, INF, NAN);
    }
  }

  /** At ±3 itself hard-sigmoid passes nothing, hard-swish nothing below and everything above. */
  @BackendSource
  void gradientsAtTheBendsAndOfNan(Backend backend) {
    try (TensorArena arena = backend.newArena()) {
      Tensors tensors = new Tensors(backend, arena);
      float negativeNan = Float.intBitsToFloat(0xffc00000);
      Shape shape = Shape.of(8);
      Tensor dOut = tensors.floats(shape, 6, 6, 6, 6, 6, 6, NAN, 6);
      Tensor dx = tensors.floats(shape, 1, 1, 1, 1, 1, 1, 1, 1);
      Tensor x = tensors.floats(shape, -INF, -3, -0f, 3, INF, NAN, -9, negativeNan);
      backend.elementwise().activationBackward(x, Activation.HARD_SWISH, dOut, Gradient.add(dx));
      assertThat(backend.floats(dx)).containsExactly(1, 1, 4, 7, 7, 1, 1, 1);
      Tensor y = tensors.floats(shape, 0, -0f, 0.5f, 1, 0.9999f, NAN, 0, negativeNan);
      backend
          .elementwise()
          .activationBackward(y, Activation.HARD_SIGMOID, dOut, Gradient.overwrite(dx));
      assertThat(backend.floats(dx)).containsExactly(0, 0, 1, 0, 1, 0, 0, 0);
    }
  }

  /** A bias before hard-swish: the input of the activation is what is handed in. */
  @BackendSource
  void biasGradientReadsTheInputOfHardSwish(Backend backend) {
    try (TensorArena arena = backend.newArena()) {
      Tensors tensors = new Tensors(backend, arena);
      Shape shape = Shape.of(4, 2);
      Tensor z = tensors.floats(shape, -4, 4, 0, -1.5f, 3, 1, -3, -5);
      Tensor dOut = tensors.floats(shape, 1, 2, 4, 8, 16, 6, 64, 128);
      Tensor dBias = tensors.poisoned(Shape.of(2));
      backend
          .elementwise()
          .biasBackward(z, Activation.HARD_SWISH, dOut, dOut, Gradient.overwrite(dBias));
      assertThat(backend.floats(dOut)).containsExactly(0, 2, 2, 0, 16, 5, 0, 0);
      assertThat(backend.floats(dBias)).containsExactly(18, 7);
    }
  }
}
