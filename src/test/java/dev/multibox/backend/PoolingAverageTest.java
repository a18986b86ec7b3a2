package dev.multibox.backend;

import static dev.multibox.Tensors.assertClose;
import static dev.multibox.Tensors.random;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.multibox.BackendSource;
import dev.multibox.Tensors;
import dev.multibox.tensor.Shape;
import dev.multibox.tensor.Tensor;
import dev.multibox.tensor.TensorArena;
import java.util.List;

/** The mean over each image. */
class PoolingAverageTest {
  /** Means of up to 1600 values of magnitude 1, themselves of magnitude 0.02. */
  private static final double MEAN = 1e-5;

  private static final double EXACT = 0;

  private static final List<Shape> SHAPES =
      List.of(
          Shape.of(2, 1, 1, 1),
          Shape.of(3, 5, 7, 3),
          Shape.of(1, 40, 40, 72),
          Shape.of(2, 10, 10, 480),
          Shape.of(1, 3, 2, 2049));

  @BackendSource
  void averagesEachChannelOfEachImage(Backend backend) {
    try (TensorArena arena = backend.newArena()) {
      Tensors tensors = new Tensors(backend, arena);
      Tensor x = tensors.floats(Shape.of(2, 1, 2, 2), 1, 2, 3, 4, 5, 6, 7, 9);
      Tensor out = tensors.poisoned(Shape.of(2, 1, 1, 2));
      backend.pooling().globalAverage(x, out);
      assertThat(backend.floats(out)).containsExactly(2, 3, 6, 7.5f);
      backend.pooling().globalAverageBackward(out, Gradient.add(x));
      assertThat(backend.floats(x)).containsExactly(2, 3.5f, 4, 5.5f, 8, 9.75f, 10, 12.75f);
    }
  }

  @BackendSource
  void matchesPlainLoops(Backend backend) {
    for (Shape shape : SHAPES) {
      try (TensorArena arena = backend.newArena()) {
        Tensors tensors = new Tensors(backend, arena);
        float[] x = random(1, shape.size());
        int channels = shape.intDim(3);
        int image = Math.toIntExact(shape.size() / shape.dim(0));
        int pixels = image / channels;
        Shape means = Shape.of(shape.dim(0), 1, 1, channels);
        float[] gradient = random(2, means.size());
        Tensor out = tensors.poisoned(means);
        Tensor dx = tensors.poisoned(shape);
        backend.pooling().globalAverage(tensors.floats(shape, x), out);
        backend
            .pooling()
            .globalAverageBackward(tensors.floats(means, gradient), Gradient.overwrite(dx));

        double[] sums = new double[gradient.length];
        float[] shares = new float[x.length];
        for (int i = 0; i < x.length; i++) {
          int at = i / image * channels + i % channels;
          sums[at] += x[i];
          shares[i] = gradient[at] / pixels;
        }
        float[] expected = new float[sums.length];
        for (int i = 0; i < sums.length; i++) {
          expected[i] = (float) (sums[i] / pixels);
        }
        assertClose(backend.floats(out), expected, MEAN);
        assertClose(backend.floats(dx), shares, EXACT);
      }
    }
  }

  @BackendSource
  void noImagesHaveNoMeans(Backend backend) {
    try (TensorArena arena = backend.newArena()) {
      Tensors tensors = new Tensors(backend, arena);
      Tensor x = tensors.poisoned(Shape.of(0, 2, 2, 3));
      Tensor out = tensors.poisoned(Shape.of(0, 1, 1, 3));
      backend.pooling().globalAverage(x, out);
      backend.pooling().globalAverageBackward(out, Gradient.overwrite(x));
      assertThat(out.size()).isZero();
    }
  }

  @BackendSource
  void refusesImagesWithoutPixels(Backend backend) {
    try (TensorArena arena = backend.newArena()) {
      Tensors tensors = new Tensors(backend, arena);
      Tensor none = tensors.poisoned(Shape.of(1, 0, 2, 3));
      Tensor out = tensors.poisoned(Shape.of(1, 1, 1, 3));
      Tensor x = tensors.poisoned(Shape.of(2, 2, 2, 3));
      assertThatIllegalArgumentException()
          .isThrownBy(() -> backend.pooling().globalAverage(none, out))
          .withMessage("globalAverage: x was [1, 0, 2, 3], wanted at least one pixel");
      assertThatIllegalArgumentException()
          .isThrownBy(() -> backend.pooling().globalAverage(x, out))
          .withMessage("globalAverage: out was [1, 1, 1, 3], wanted [2, 1, 1, 3]");
    }
  }
}
