package dev.multibox.backend;

import static dev.multibox.Tensors.assertClose;
import static dev.multibox.Tensors.random;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.multibox.BackendSource;
import dev.multibox.Tensors;
import dev.multibox.tensor.DType;
import dev.multibox.tensor.Shape;
import dev.multibox.tensor.Tensor;
import dev.multibox.tensor.TensorArena;
import java.util.List;

/** Scaling the channels of each image, and putting channels side by side. */
class ElementwiseChannelsTest {
  private static final double EXACT = 0;

  /** Sums of up to 1600 products of magnitude 1 in float, joined in two stages. */
  private static final double SUM = 1e-5;

  private static final List<Shape> SHAPES =
      List.of(
          Shape.of(2, 1, 1, 1),
          Shape.of(3, 5, 7, 3),
          Shape.of(1, 40, 40, 72),
          Shape.of(2, 10, 10, 480),
          Shape.of(1, 3, 2, 2049));

  private static Shape perImage(Shape x) {
    return Shape.of(x.dim(0), 1, 1, x.dim(3));
  }

  @BackendSource
  void scalesTheChannelsOfEachImage(Backend backend) {
    try (TensorArena arena = backend.newArena()) {
      Tensors tensors = new Tensors(backend, arena);
      Tensor x = tensors.floats(Shape.of(2, 1, 2, 2), 1, 2, 3, 4, 5, 6, 7, 8);
      Tensor scale = tensors.floats(Shape.of(2, 1, 1, 2), 10, 100, -1, 0.5f);
      backend.elementwise().scaleChannels(x, scale, x);
      assertThat(backend.floats(x)).containsExactly(10, 200, 30, 400, -5, 3, -7, 4);
    }
  }

  @BackendSource
  void scaleAndItsGradientsMatchPlainLoops(Backend backend) {
    for (Shape shape : SHAPES) {
      try (TensorArena arena = backend.newArena()) {
        Tensors tensors = new Tensors(backend, arena);
        float[] x = random(1, shape.size());
        float[] factors = random(2, perImage(shape).size());
        float[] gradient = random(3, shape.size());
        Tensor input = tensors.floats(shape, x);
        Tensor scale = tensors.floats(perImage(shape), factors);
        Tensor dOut = tensors.floats(shape, gradient);
        Tensor out = tensors.poisoned(shape);
        Tensor dScale = tensors.poisoned(perImage(shape));
        backend.elementwise().scaleChannels(input, scale, out);
        backend
            .elementwise()
            .scaleChannelsBackward(
                input, scale, dOut, Gradient.overwrite(dOut), Gradient.overwrite(dScale));

        int channels = shape.intDim(3);
        int image = Math.toIntExact(shape.size() / shape.dim(0));
        float[] scaled = new float[x.length];
        float[] scaledGradient = new float[x.length];
        double[] sums = new double[factors.length];
        for (int i = 0; i < x.length; i++) {
          int at = i / image * channels + i % channels;
          scaled[i] = x[i] * factors[at];
          scaledGradient[i] = gradient[i] * factors[at];
          sums[at] += (double) gradient[i] * x[i];
        }
        assertClose(backend.floats(out), scaled, EXACT);
        assertClose(backend.floats(dOut), scaledGradient, EXACT);
        assertClose(backend.floats(dScale), floats(sums), SUM);
      }
    }
  }

  private static float[] floats(double[] values) {
    float[] floats = new float[values.length];
    for (int i = 0; i < floats.length; i++) {
      floats[i] = (float) values[i];
    }
    return floats;
  }

  @BackendSource
  void scaleGradientsAddAndMayBeLeftOut(Backend backend) {
    try (TensorArena arena = backend.newArena()) {
      Tensors tensors = new Tensors(backend, arena);
      ElementwiseKernels kernels = backend.elementwise();
      Tensor x = tensors.floats(Shape.of(1, 2, 1, 2), 1, 2, 3, 4);
      Tensor scale = tensors.floats(Shape.of(1, 1, 1, 2), 10, 100);
      Tensor dOut = tensors.floats(x.shape(), 1, 1, 2, 2);
      Tensor dx = tensors.floats(x.shape(), 1, 1, 1, 1);
      Tensor dScale = tensors.floats(scale.shape(), 1000, 2000);
      kernels.scaleChannelsBackward(x, scale, dOut, Gradient.add(dx), null);
      assertThat(backend.floats(dx)).containsExactly(11, 101, 21, 201);
      kernels.scaleChannelsBackward(x, scale, dOut, null, Gradient.add(dScale));
      assertThat(backend.floats(dScale)).containsExactly(1007, 2010);
    }
  }

  @BackendSource
  void imagesWithoutPixelsGiveAZeroGradient(Backend backend) {
    try (TensorArena arena = backend.newArena()) {
      Tensors tensors = new Tensors(backend, arena);
      Tensor none = tensors.poisoned(Shape.of(2, 0, 3, 4));
      Tensor scale = tensors.poisoned(Shape.of(2, 1, 1, 4));
      backend
          .elementwise()
          .scaleChannelsBackward(
              none, scale, none, Gradient.overwrite(none), Gradient.overwrite(scale));
      assertThat(backend.floats(scale)).containsOnly(0);
    }
  }

  @BackendSource
  void joinsChannelsAndFillsWithZeros(Backend backend) {
    try (TensorArena arena = backend.newArena()) {
      Tensors tensors = new Tensors(backend, arena);
      Tensor a = tensors.floats(Shape.of(2, 3), 1, 2, 9, 3, 4, 9);
      Tensor b = tensors.floats(Shape.of(2, 1), 5, 6);
      Tensor out = tensors.poisoned(Shape.of(2, 5));
      backend.elementwise().joinChannels(a, 2, b, 1, out);
      assertThat(backend.floats(out)).containsExactly(1, 2, 5, 0, 0, 3, 4, 6, 0, 0);
    }
  }

  @BackendSource
  void partsOfAJoinGetTheirGradients(Backend backend) {
    try (TensorArena arena = backend.newArena()) {
      Tensors tensors = new Tensors(backend, arena);
      Tensor dOut = tensors.floats(Shape.of(2, 5), 1, 2, 3, 9, 9, 4, 5, 6, 9, 9);
      Tensor da = tensors.poisoned(Shape.of(2, 3));
      Tensor db = tensors.floats(Shape.of(2, 1), 10, 20);
      ElementwiseKernels kernels = backend.elementwise();
      kernels.joinChannelsBackward(dOut, Gradient.overwrite(da), 2, Gradient.add(db), 1);
      assertThat(backend.floats(da)).containsExactly(1, 2, 0, 4, 5, 0);
      assertThat(backend.floats(db)).containsExactly(13, 26);
      kernels.joinChannelsBackward(dOut, null, 2, Gradient.add(db), 1);
      assertThat(backend.floats(db)).containsExactly(16, 32);
    }
  }

  /** More rows than a chunk, more channels than a block of threads. */
  @BackendSource
  void joinsLongRows(Backend backend) {
    try (TensorArena arena = backend.newArena()) {
      Tensors tensors = new Tensors(backend, arena);
      float[] a = random(4, 100 * 552);
      float[] b = random(5, 100 * 24);
      Tensor out = tensors.poisoned(Shape.of(100, 576));
      backend
          .elementwise()
          .joinChannels(
              tensors.floats(Shape.of(100, 552), a),
              546,
              tensors.floats(Shape.of(100, 24), b),
              24,
              out);
      float[] expected = new float[100 * 576];
      for (int row = 0; row < 100; row++) {
        System.arraycopy(a, row * 552, expected, row * 576, 546);
        System.arraycopy(b, row * 24, expected, row * 576 + 546, 24);
      }
      assertClose(backend.floats(out), expected, EXACT);
    }
  }

  @BackendSource
  void refusesWhatDoesNotFit(Backend backend) {
    try (TensorArena arena = backend.newArena()) {
      Tensors tensors = new Tensors(backend, arena);
      ElementwiseKernels kernels = backend.elementwise();
      Tensor x = tensors.poisoned(Shape.of(2, 3, 3, 4));
      Tensor vector = tensors.poisoned(Shape.of(4));
      Tensor scale = tensors.zeros(Shape.of(2, 1, 1, 4), DType.F16);
      Tensor rows = tensors.poisoned(Shape.of(2, 4));
      Tensor others = tensors.poisoned(Shape.of(3, 4));
      assertThatIllegalArgumentException()
          .isThrownBy(() -> kernels.scaleChannels(x, vector, x))
          .withMessage("scaleChannels: scale was [4], wanted [2, 1, 1, 4]");
      assertThatIllegalArgumentException()
          .isThrownBy(() -> kernels.scaleChannels(x, scale, x))
          .withMessage("scaleChannels: types were F32 and F16, wanted equal ones");
      assertThatIllegalArgumentException()
          .isThrownBy(() -> kernels.joinChannels(rows, 2, rows, 3, rows))
          .withMessage("joinChannels: the whole was [2, 4], wanted at least 5 channels");
      assertThatIllegalArgumentException()
          .isThrownBy(() -> kernels.joinChannels(rows, 2, others, 2, rows))
          .withMessage("joinChannels: a part was [3, 4] of [2, 4], wanted the same rows");
      assertThatIllegalArgumentException()
          .isThrownBy(() -> kernels.joinChannels(vector, 0, vector, 1, vector))
          .withMessage("joinChannels: 0 channels were to be of [4], wanted 1 or more that it has");
    }
  }
}
