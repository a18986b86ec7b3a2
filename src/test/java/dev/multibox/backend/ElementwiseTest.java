package dev.multibox.backend;

import static dev.multibox.Tensors.assertClose;
import static dev.multibox.Tensors.random;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.multibox.BackendSource;
import dev.multibox.Tensors;
import dev.multibox.tensor.DType;
import dev.multibox.tensor.Shape;
import dev.multibox.tensor.Tensor;
import dev.multibox.tensor.TensorArena;

class ElementwiseTest {
  /** Beside the sizes of tiles and warps. */
  private static final int[] SIZES = {0, 1, 31, 32, 33, 257, 8732, 70_001};

  private static final int[] CHANNELS = {1, 3, 7, 100, 2049};

  private static final double EXACT = 0;

  /** One float operation on values of magnitude 1. */
  private static final double ONE_ROUNDING = 1e-6;

  /** Sums of up to 70,001 values of magnitude 1 in float, joined in two stages. */
  private static final double SUM = 1e-5;

  private static final float NAN = Float.NaN;
  private static final float INF = Float.POSITIVE_INFINITY;

  @BackendSource
  void fillsEveryElement(Backend backend) {
    try (TensorArena arena = backend.newArena()) {
      Tensors tensors = new Tensors(backend, arena);
      for (int size : SIZES) {
        Tensor out = tensors.poisoned(Shape.of(size));
        backend.elementwise().fill(out, 2.5f);
        assertClose(backend.floats(out), filled(size, 2.5f), EXACT);
      }
    }
  }

  @BackendSource
  void addsThenActivates(Backend backend) {
    try (TensorArena arena = backend.newArena()) {
      Tensors tensors = new Tensors(backend, arena);
      for (int size : SIZES) {
        for (Activation activation : Activation.values()) {
          float[] a = scaled(random(1, size), 8);
          float[] b = random(2, size);
          Shape shape = Shape.of(size);
          Tensor out = tensors.poisoned(shape);
          backend
              .elementwise()
              .add(tensors.floats(shape, a), tensors.floats(shape, b), activation, out);
          float[] expected = new float[size];
          for (int i = 0; i < size; i++) {
            expected[i] = (float) activated((double) a[i] + b[i], activation);
          }
          assertClose(backend.floats(out), expected, ONE_ROUNDING);
        }
      }
    }
  }

  @BackendSource
  void addMayWriteOverEitherOperand(Backend backend) {
    try (TensorArena arena = backend.newArena()) {
      Tensors tensors = new Tensors(backend, arena);
      Tensor a = tensors.floats(Shape.of(3), 1, 2, 3);
      Tensor b = tensors.floats(Shape.of(3), 10, 20, 30);
      backend.elementwise().add(a, b, Activation.NONE, a);
      assertThat(backend.floats(a)).containsExactly(11, 22, 33);
      backend.elementwise().add(a, b, Activation.NONE, b);
      assertThat(backend.floats(b)).containsExactly(21, 42, 63);
    }
  }

  @BackendSource
  void accumulateOverwritesOrAdds(Backend backend) {
    try (TensorArena arena = backend.newArena()) {
      Tensors tensors = new Tensors(backend, arena);
      for (int size : SIZES) {
        float[] values = random(3, size);
        Tensor dOut = tensors.floats(Shape.of(size), values);
        Tensor dx = tensors.poisoned(Shape.of(size));
        backend.elementwise().accumulate(dOut, Gradient.overwrite(dx));
        assertClose(backend.floats(dx), values, EXACT);
        backend.elementwise().accumulate(dOut, Gradient.add(dx));
        assertClose(backend.floats(dx), scaled(values, 2), EXACT);
      }
    }
  }

  @BackendSource
  void activationsClampAndKeepNan(Backend backend) {
    try (TensorArena arena = backend.newArena()) {
      Tensors tensors = new Tensors(backend, arena);
      Tensor x = tensors.floats(Shape.of(9), -INF, -1, -0f, 0, 0.5f, 6, 7, INF, NAN);
      Tensor out = tensors.poisoned(x.shape());
      backend.elementwise().activation(x, Activation.RELU, out);
      assertThat(backend.floats(out)).containsExactly(0, 0, 0, 0, 0.5f, 6, 7, INF, NAN);
      backend.elementwise().activation(x, Activation.RELU6, out);
      assertThat(backend.floats(out)).containsExactly(0, 0, 0, 0, 0.5f, 6, 6, 6, NAN);
      backend.elementwise().activation(x, Activation.NONE, out);
      assertThat(backend.floats(out)).containsExactly(backend.floats(x));
      backend.elementwise().activation(x, Activation.RELU, x);
      assertThat(backend.floats(x)).containsExactly(0, 0, 0, 0, 0.5f, 6, 7, INF, NAN);
    }
  }

  @BackendSource
  void gradientPassesWhereTheActivationDid(Backend backend) {
    try (TensorArena arena = backend.newArena()) {
      Tensors tensors = new Tensors(backend, arena);
      float tiny = Float.MIN_VALUE;
      float negativeNan = Float.intBitsToFloat(0xffc00000);
      Shape shape = Shape.of(10);
      float[] y = {-0f, 0, tiny, 5.9999995f, 6, 7, INF, NAN, negativeNan, -1};
      Tensor output = tensors.floats(shape, y);
      Tensor dOut = tensors.floats(shape, INF, NAN, 3, 4, 5, 6, 7, 8, 9, 10);
      Tensor dx = tensors.poisoned(shape);
      backend
          .elementwise()
          .activationBackward(output, Activation.RELU, dOut, Gradient.overwrite(dx));
      assertThat(backend.floats(dx)).containsExactly(0, 0, 3, 4, 5, 6, 7, 0, 0, 0);
      backend.elementwise().activationBackward(output, Activation.RELU6, dOut, Gradient.add(dx));
      assertThat(backend.floats(dx)).containsExactly(0, 0, 6, 8, 5, 6, 7, 0, 0, 0);
      backend
          .elementwise()
          .activationBackward(output, Activation.NONE, dOut, Gradient.overwrite(dx));
      assertThat(backend.floats(dx)).containsExactly(backend.floats(dOut));
      backend
          .elementwise()
          .activationBackward(output, Activation.RELU6, dOut, Gradient.overwrite(dOut));
      assertThat(backend.floats(dOut)).containsExactly(0, 0, 3, 4, 0, 0, 0, 0, 0, 0);
    }
  }

  @BackendSource
  void biasGoesToItsChannel(Backend backend) {
    try (TensorArena arena = backend.newArena()) {
      Tensors tensors = new Tensors(backend, arena);
      for (int channels : CHANNELS) {
        int rows = 35_000 / channels;
        Shape shape = Shape.of(rows, channels);
        float[] x = scaled(random(4, shape.size()), 8);
        float[] bias = random(5, channels);
        Tensor out = tensors.floats(shape, x);
        backend
            .elementwise()
            .bias(out, tensors.floats(Shape.of(channels), bias), Activation.RELU6, out);
        float[] expected = new float[x.length];
        for (int i = 0; i < x.length; i++) {
          expected[i] = (float) activated((double) x[i] + bias[i % channels], Activation.RELU6);
        }
        assertClose(backend.floats(out), expected, ONE_ROUNDING);
      }
    }
  }

  @BackendSource
  void biasGradientSumsWhatTheActivationPassed(Backend backend) {
    try (TensorArena arena = backend.newArena()) {
      Tensors tensors = new Tensors(backend, arena);
      Shape shape = Shape.of(3, 2);
      Tensor y = tensors.floats(shape, 1, 0, 2, 3, 0, 4);
      Tensor dOut = tensors.floats(shape, 1, 10, 2, 20, 4, 40);
      Tensor dz = tensors.poisoned(shape);
      Tensor dBias = tensors.poisoned(Shape.of(2));
      backend.elementwise().biasBackward(y, Activation.RELU, dOut, dz, Gradient.overwrite(dBias));
      assertThat(backend.floats(dz)).containsExactly(1, 0, 2, 20, 0, 40);
      assertThat(backend.floats(dBias)).containsExactly(3, 60);
      backend.elementwise().biasBackward(y, Activation.NONE, dOut, null, Gradient.add(dBias));
      assertThat(backend.floats(dBias)).containsExactly(10, 130);
    }
  }

  @BackendSource
  void biasGradientMatchesAPlainLoopInPlace(Backend backend) {
    try (TensorArena arena = backend.newArena()) {
      Tensors tensors = new Tensors(backend, arena);
      for (int channels : CHANNELS) {
        int rows = 70_001 / channels;
        Shape shape = Shape.of(rows, channels);
        float[] y = random(6, shape.size());
        float[] gradient = random(7, shape.size());
        Tensor dOut = tensors.floats(shape, gradient);
        Tensor dBias = tensors.poisoned(Shape.of(channels));
        backend
            .elementwise()
            .biasBackward(
                tensors.floats(shape, y), Activation.RELU, dOut, dOut, Gradient.overwrite(dBias));
        double[] sums = new double[channels];
        float[] masked = new float[y.length];
        for (int i = 0; i < y.length; i++) {
          masked[i] = y[i] > 0 ? gradient[i] : 0;
          sums[i % channels] += masked[i];
        }
        assertClose(backend.floats(dOut), masked, EXACT);
        assertClose(backend.floats(dBias), toFloats(sums), SUM);
      }
    }
  }

  @BackendSource
  void noRowsGiveAZeroBiasGradient(Backend backend) {
    try (TensorArena arena = backend.newArena()) {
      Tensors tensors = new Tensors(backend, arena);
      Tensor none = tensors.poisoned(Shape.of(0, 3));
      Tensor dBias = tensors.poisoned(Shape.of(3));
      backend
          .elementwise()
          .biasBackward(none, Activation.RELU, none, none, Gradient.overwrite(dBias));
      assertThat(backend.floats(dBias)).containsExactly(0, 0, 0);
    }
  }

  @BackendSource
  void sumsEverything(Backend backend) {
    try (TensorArena arena = backend.newArena()) {
      Tensors tensors = new Tensors(backend, arena);
      for (int size : SIZES) {
        float[] x = random(8, size);
        Tensor sum = tensors.poisoned(Shape.of(1));
        backend.elementwise().sum(tensors.floats(Shape.of(size), x), sum);
        double expected = 0;
        for (float value : x) {
          expected += value;
        }
        assertClose(backend.floats(sum), new float[] {(float) expected}, SUM);
      }
    }
  }

  @BackendSource
  void refusesWhatTheContractsExclude(Backend backend) {
    try (TensorArena arena = backend.newArena()) {
      Tensors tensors = new Tensors(backend, arena);
      ElementwiseKernels kernels = backend.elementwise();
      Tensor two = tensors.poisoned(Shape.of(2));
      Tensor three = tensors.poisoned(Shape.of(3));
      Tensor ints = tensors.ints(Shape.of(2), 1, 2);
      assertThatThrownBy(() -> kernels.add(two, three, Activation.NONE, two))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("add: shapes were [2] and [3], wanted equal ones");
      assertThatThrownBy(() -> kernels.fill(ints, 1))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("fill: a tensor was [2] I32, wanted F32 or F16");
      assertThatThrownBy(() -> kernels.bias(two, three, Activation.NONE, two))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("bias: bias was [3], wanted [2]");
      assertThatThrownBy(
              () -> kernels.biasBackward(two, Activation.RELU, two, null, Gradient.add(two)))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageStartingWith("biasBackward: dz was null");
      assertThatThrownBy(() -> kernels.sum(two, tensors.zeros(Shape.of(2), DType.F32)))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("sum: sum was [2], wanted [1]");
    }
  }

  private static double activated(double x, Activation activation) {
    return switch (activation) {
      case NONE -> x;
      case RELU -> x > 0 ? x : 0;
      case RELU6 -> x > 6 ? 6 : x > 0 ? x : 0;
      case HARD_SIGMOID -> Math.clamp(x + 3, 0, 6) / 6;
      case HARD_SWISH -> x * Math.clamp(x + 3, 0, 6) / 6;
    };
  }

  private static float[] filled(int size, float value) {
    float[] values = new float[size];
    java.util.Arrays.fill(values, value);
    return values;
  }

  private static float[] scaled(float[] values, float factor) {
    float[] result = new float[values.length];
    for (int i = 0; i < values.length; i++) {
      result[i] = values[i] * factor;
    }
    return result;
  }

  private static float[] toFloats(double[] values) {
    float[] result = new float[values.length];
    for (int i = 0; i < values.length; i++) {
      result[i] = (float) values[i];
    }
    return result;
  }
}
