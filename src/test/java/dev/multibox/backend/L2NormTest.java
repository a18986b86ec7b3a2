package dev.multibox.backend;

import static dev.multibox.Tensors.assertClose;
import static dev.multibox.Tensors.random;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.multibox.BackendSource;
import dev.multibox.Tensors;
import dev.multibox.backend.L2NormKernels.Guard;
import dev.multibox.tensor.Shape;
import dev.multibox.tensor.Tensor;
import dev.multibox.tensor.TensorArena;

class L2NormTest {
  private static final int[] ROWS = {0, 1, 31, 32, 33, 257};
  private static final int[] CHANNELS = {2, 3, 7, 100, 2049};

  /** Sums of up to 2049 squares, and a root and a quotient. */
  private static final double CLOSE = 1e-5;

  @BackendSource
  void scalesEachPixelToItsNorm(Backend backend) {
    try (TensorArena arena = backend.newArena()) {
      Tensors tensors = new Tensors(backend, arena);
      Tensor x = tensors.floats(Shape.of(1, 1, 2, 2), 3, 4, -8, 6);
      Tensor scale = tensors.floats(Shape.of(2), 20, 10);
      Tensor norm = tensors.poisoned(Shape.of(2));
      Tensor out = tensors.poisoned(x.shape());
      backend.l2Norm().forward(x, scale, Guard.LARGER_OF, 1e-12f, norm, out);
      assertThat(backend.floats(norm)).containsExactly(5, 10);
      assertClose(backend.floats(out), new float[] {12, 8, -16, 6}, CLOSE);
    }
  }

  @BackendSource
  void guardsKeepAPixelOfZerosFinite(Backend backend) {
    try (TensorArena arena = backend.newArena()) {
      Tensors tensors = new Tensors(backend, arena);
      Tensor x = tensors.floats(Shape.of(1, 2), 0, 0);
      Tensor scale = tensors.floats(Shape.of(2), 20, 10);
      Tensor dOut = tensors.floats(Shape.of(1, 2), 1, 2);
      for (Guard guard : Guard.values()) {
        Tensor norm = tensors.poisoned(Shape.of(1));
        Tensor out = tensors.poisoned(x.shape());
        backend.l2Norm().forward(x, scale, guard, 0.25f, norm, out);
        float expected = guard == Guard.ADD_TO_SQUARES ? 0.5f : 0.25f;
        assertThat(backend.floats(norm)).containsExactly(expected);
        assertThat(backend.floats(out)).containsExactly(0, 0);

        Tensor dx = tensors.poisoned(x.shape());
        Tensor dScale = tensors.poisoned(Shape.of(2));
        backend
            .l2Norm()
            .backward(
                x,
                scale,
                guard,
                0.25f,
                norm,
                dOut,
                Gradient.overwrite(dx),
                Gradient.overwrite(dScale));
        assertThat(backend.floats(dx)).containsExactly(20 / expected, 20 / expected);
        assertThat(backend.floats(dScale)).containsExactly(0, 0);
      }
    }
  }

  @BackendSource
  void forwardAndBackwardMatchPlainLoops(Backend backend) {
    for (Guard guard : Guard.values()) {
      for (int channels : CHANNELS) {
        for (int rows : ROWS) {
          // An epsilon of the size of the norms, so that a wrong guard shows.
          check(backend, guard, 0.3f, rows, channels);
        }
      }
    }
  }

  private static void check(Backend backend, Guard guard, float epsilon, int rows, int channels) {
    Shape shape = Shape.of(rows, channels);
    Shape vector = Shape.of(channels);
    float[] x = random(rows, shape.size());
    float[] scale = random(2, channels);
    float[] dOut = random(3, shape.size());
    float[] norm = new float[rows];
    float[] out = new float[x.length];
    float[] dx = new float[x.length];
    double[] dScale = new double[channels];
    for (int row = 0; row < rows; row++) {
      double squares = 0;
      double dot = 0;
      for (int c = 0; c < channels; c++) {
        int i = row * channels + c;
        squares += (double) x[i] * x[i];
        dot += (double) dOut[i] * scale[c] * x[i];
      }
      double root = Math.sqrt(squares);
      double divisor = divisor(squares, guard, epsilon);
      // The derivative of the divisor along x is x / growth.
      double growth =
          switch (guard) {
            case ADD_TO_SQUARES -> divisor;
            case ADD_TO_NORM -> root;
            case LARGER_OF -> root < epsilon ? Double.POSITIVE_INFINITY : root;
          };
      norm[row] = (float) divisor;
      for (int c = 0; c < channels; c++) {
        int i = row * channels + c;
        out[i] = (float) (scale[c] * x[i] / divisor);
        dx[i] = (float) (dOut[i] * scale[c] / divisor - x[i] * dot / (divisor * divisor * growth));
        dScale[c] += dOut[i] * x[i] / divisor;
      }
    }
    try (TensorArena arena = backend.newArena()) {
      Tensors tensors = new Tensors(backend, arena);
      Tensor input = tensors.floats(shape, x);
      Tensor scales = tensors.floats(vector, scale);
      Tensor norms = tensors.poisoned(Shape.of(rows));
      Tensor output = tensors.poisoned(shape);
      backend.l2Norm().forward(input, scales, guard, epsilon, norms, output);
      assertClose(backend.floats(norms), norm, CLOSE);
      assertClose(backend.floats(output), out, CLOSE);

      Tensor upstream = tensors.floats(shape, dOut);
      Tensor gradient = tensors.poisoned(shape);
      Tensor scaleGradient = tensors.floats(vector, scale);
      backend
          .l2Norm()
          .backward(
              input,
              scales,
              guard,
              epsilon,
              norms,
              upstream,
              Gradient.overwrite(gradient),
              Gradient.add(scaleGradient));
      assertClose(backend.floats(gradient), dx, CLOSE);
      float[] added = new float[channels];
      for (int c = 0; c < channels; c++) {
        added[c] = (float) (scale[c] + dScale[c]);
      }
      assertClose(backend.floats(scaleGradient), added, CLOSE);
    }
  }

  private static double divisor(double squares, Guard guard, float epsilon) {
    return switch (guard) {
      case ADD_TO_SQUARES -> Math.sqrt(squares + epsilon);
      case ADD_TO_NORM -> Math.sqrt(squares) + epsilon;
      case LARGER_OF -> Math.max(Math.sqrt(squares), epsilon);
    };
  }

  @BackendSource
  void aSingleChannelKeepsItsSignAloneAndHasNoGradient(Backend backend) {
    try (TensorArena arena = backend.newArena()) {
      Tensors tensors = new Tensors(backend, arena);
      Tensor x = tensors.floats(Shape.of(3, 1), 3, -0.5f, 7);
      Tensor scale = tensors.floats(Shape.of(1), 20);
      Tensor norm = tensors.poisoned(Shape.of(3));
      Tensor out = tensors.poisoned(x.shape());
      backend.l2Norm().forward(x, scale, Guard.LARGER_OF, 1e-12f, norm, out);
      assertClose(backend.floats(out), new float[] {20, -20, 20}, CLOSE);
      Tensor dx = tensors.poisoned(x.shape());
      Tensor dScale = tensors.poisoned(Shape.of(1));
      backend
          .l2Norm()
          .backward(
              x,
              scale,
              Guard.LARGER_OF,
              1e-12f,
              norm,
              tensors.floats(x.shape(), 1, 2, 3),
              Gradient.overwrite(dx),
              Gradient.overwrite(dScale));
      for (float value : backend.floats(dx)) {
        assertThat(value).isCloseTo(0, within(1e-4f));
      }
      assertClose(backend.floats(dScale), new float[] {2}, CLOSE);
    }
  }

  @BackendSource
  void gradientMayBeAdded(Backend backend) {
    try (TensorArena arena = backend.newArena()) {
      Tensors tensors = new Tensors(backend, arena);
      Tensor x = tensors.floats(Shape.of(1, 2), 3, 4);
      Tensor scale = tensors.floats(Shape.of(2), 5, 5);
      Tensor norm = tensors.floats(Shape.of(1), 5);
      Tensor dOut = tensors.floats(Shape.of(1, 2), 4, -3);
      Tensor dx = tensors.floats(Shape.of(1, 2), 10, 20);
      Tensor dScale = tensors.poisoned(Shape.of(2));
      // dOut is orthogonal to x, so that dx = dOut scale / norm.
      backend
          .l2Norm()
          .backward(
              x,
              scale,
              Guard.LARGER_OF,
              1e-12f,
              norm,
              dOut,
              Gradient.add(dx),
              Gradient.overwrite(dScale));
      assertClose(backend.floats(dx), new float[] {14, 17}, CLOSE);
      assertClose(backend.floats(dScale), new float[] {2.4f, -2.4f}, CLOSE);
    }
  }

  @BackendSource
  void refusesWhatTheContractsExclude(Backend backend) {
    try (TensorArena arena = backend.newArena()) {
      Tensors tensors = new Tensors(backend, arena);
      Tensor x = tensors.poisoned(Shape.of(3, 2));
      Tensor scale = tensors.poisoned(Shape.of(2));
      assertThatThrownBy(
              () -> backend.l2Norm().forward(x, scale, Guard.LARGER_OF, 1e-12f, scale, x))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("l2Norm: norm was [2], wanted [3]");
      Tensor norm = tensors.poisoned(Shape.of(3));
      assertThatThrownBy(() -> backend.l2Norm().forward(x, scale, Guard.LARGER_OF, 0, norm, x))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("l2Norm: epsilon was 0.0, wanted a positive number");
    }
  }
}
