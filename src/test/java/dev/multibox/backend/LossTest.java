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
import java.lang.foreign.MemorySegment;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Softmax, cross-entropy and smooth-L1 by themselves. */
class LossTest {
  /** A few roundings, and an exponential and a logarithm of under one ulp. */
  private static final double ROUNDING = 2e-6;

  /** Truncation h^2 / 6 of the third derivative, in double. */
  private static final double STEP = 1e-4;

  private static final double DIFFERENCES = 1e-5;

  @BackendSource
  void softmaxOfHandComputedRows(Backend backend) {
    try (TensorArena arena = backend.newArena()) {
      Tensors tensors = new Tensors(backend, arena);
      float ln2 = (float) Math.log(2);
      Tensor out = tensors.poisoned(Shape.of(3, 3));
      backend
          .loss()
          .softmax(tensors.floats(Shape.of(3, 3), 0, ln2, 0, 1e4f, 0, -1e4f, 7, 7, 7), out);
      float third = 1f / 3;
      assertThat(backend.floats(out))
          .containsExactly(
              new float[] {0.25f, 0.5f, 0.25f, 1, 0, 0, third, third, third}, within(1e-7f));
    }
  }

  @BackendSource
  void softmaxReadsHalfPrecision(Backend backend) {
    try (TensorArena arena = backend.newArena()) {
      Tensors tensors = new Tensors(backend, arena);
      short[] halves = {Float.floatToFloat16(-1.5f), Float.floatToFloat16(2)};
      Tensor x = tensors.allocate(Shape.of(1, 2), DType.F16);
      backend.upload(MemorySegment.ofArray(halves), x);
      Tensor out = tensors.poisoned(Shape.of(1, 2));
      backend.loss().softmax(x, out);
      float second = (float) (1 / (1 + Math.exp(-3.5)));
      assertThat(backend.floats(out))
          .containsExactly(new float[] {1 - second, second}, within(1e-6f));
    }
  }

  @BackendSource
  void crossEntropyOfHandComputedRows(Backend backend) {
    try (TensorArena arena = backend.newArena()) {
      Tensors tensors = new Tensors(backend, arena);
      Tensor x = tensors.floats(Shape.of(4, 2), 0, 0, 1e4f, 0, 1e4f, 0, 5, Float.NaN);
      Tensor out = tensors.poisoned(Shape.of(4));
      backend.loss().crossEntropy(x, tensors.ints(Shape.of(4), 1, 0, 1, 0), out);
      assertThat(backend.floats(out)).containsExactly((float) Math.log(2), 0, 1e4f, Float.NaN);
    }
  }

  /** Values from the specification of smooth-L1: f(0.5) = 0.125, f(1) = 0.5, f(-3) = 2.5. */
  @BackendSource
  void smoothL1IsAParabolaThenALine(Backend backend) {
    try (TensorArena arena = backend.newArena()) {
      Tensors tensors = new Tensors(backend, arena);
      Shape shape = Shape.of(5);
      Tensor x = tensors.floats(shape, 1.5f, 2, -2, 1, 1.25f);
      Tensor target = tensors.floats(shape, 1, 1, 1, 1, 1);
      Tensor out = tensors.poisoned(shape);
      backend.loss().smoothL1(x, target, 1, out);
      assertThat(backend.floats(out)).containsExactly(0.125f, 0.5f, 2.5f, 0, 0.03125f);
      backend.loss().smoothL1(x, target, 0.25f, out);
      assertThat(backend.floats(out)).containsExactly(0.375f, 0.875f, 2.875f, 0, 0.125f);
      Tensor dOut = tensors.floats(shape, 2, 2, 2, 2, 2);
      backend.loss().smoothL1Backward(x, target, 1, dOut, Gradient.overwrite(out));
      assertThat(backend.floats(out)).containsExactly(1, 2, -2, 0, 0.5f);
      backend.loss().smoothL1Backward(x, target, 1, dOut, Gradient.add(out));
      assertThat(backend.floats(out)).containsExactly(2, 4, -4, 0, 1);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 31, 257, 5000})
  void rowsOfAnyNumberAgreeWithDouble(int rows) {
    try (Backend backend = dev.multibox.backend.cpu.CpuBackend.open(3);
        TensorArena arena = backend.newArena()) {
      Tensors tensors = new Tensors(backend, arena);
      int classes = 21;
      float[] logits = Tensors.random(rows, (long) rows * classes);
      int[] targets = new int[rows];
      java.util.Arrays.setAll(targets, row -> row % classes);
      MultiboxReference reference =
          new MultiboxReference(1, rows, classes, logits, new float[0], targets, new float[0]);
      Tensor x = tensors.floats(Shape.of(rows, classes), logits);
      Tensor target = tensors.ints(Shape.of(rows), targets);
      Tensor out = tensors.poisoned(Shape.of(rows));
      backend.loss().crossEntropy(x, target, out);
      float[] losses = backend.floats(out);
      for (int row = 0; row < rows; row++) {
        assertThat((double) losses[row])
            .isCloseTo(reference.crossEntropy(row, -1, 0), within(ROUNDING));
      }
    }
  }

  @BackendSource
  void crossEntropyGradientIsThatOfCentralDifferences(Backend backend) {
    try (TensorArena arena = backend.newArena()) {
      Tensors tensors = new Tensors(backend, arena);
      int rows = 9;
      int classes = 5;
      float[] logits = Tensors.random(4, (long) rows * classes);
      float[] scales = Tensors.random(5, rows);
      int[] targets = {0, 1, 2, 3, 4, 4, 3, 2, 1};
      MultiboxReference reference =
          new MultiboxReference(1, rows, classes, logits, new float[0], targets, new float[0]);
      Tensor x = tensors.floats(Shape.of(rows, classes), logits);
      Tensor dx = tensors.poisoned(x.shape());
      Tensor dOut = tensors.floats(Shape.of(rows), scales);
      Tensor target = tensors.ints(Shape.of(rows), targets);
      backend.loss().crossEntropyBackward(x, target, dOut, Gradient.overwrite(dx));
      float[] once = backend.floats(dx);
      for (int i = 0; i < once.length; i++) {
        int row = i / classes;
        double slope =
            (reference.crossEntropy(row, i % classes, STEP)
                    - reference.crossEntropy(row, i % classes, -STEP))
                / (2 * STEP);
        assertThat((double) once[i]).isCloseTo(scales[row] * slope, within(DIFFERENCES));
      }
      backend.loss().crossEntropyBackward(x, target, dOut, Gradient.add(dx));
      float[] twice = backend.floats(dx);
      for (int i = 0; i < once.length; i++) {
        assertThat(twice[i]).isEqualTo(2 * once[i]);
      }
    }
  }

  @BackendSource
  void smoothL1GradientIsThatOfCentralDifferences(Backend backend) {
    try (TensorArena arena = backend.newArena()) {
      Tensors tensors = new Tensors(backend, arena);
      LossParams params =
          new LossParams(
              MiningParams.caffe(),
              LossParams.Localisation.SMOOTH_L1,
              0.3f,
              1,
              LossParams.Normaliser.BATCH_POSITIVES);
      int size = 4 * 600;
      float[] values = Tensors.random(6, size);
      float[] targets = Tensors.random(7, size);
      float[] scales = Tensors.random(8, size);
      MultiboxReference reference =
          new MultiboxReference(1, size / 4, 2, new float[0], values, new int[0], targets);
      Shape shape = Shape.of(size);
      Tensor dx = tensors.poisoned(shape);
      backend
          .loss()
          .smoothL1Backward(
              tensors.floats(shape, values),
              tensors.floats(shape, targets),
              0.3f,
              tensors.floats(shape, scales),
              Gradient.overwrite(dx));
      float[] gradient = backend.floats(dx);
      int compared = 0;
      for (int i = 0; i < size; i++) {
        double kink = Math.abs(Math.abs(values[i] - targets[i]) - 0.3);
        if (kink > 2 * STEP) {
          double slope =
              (reference.offsetLoss(i / 4, i % 4, STEP, params)
                      - reference.offsetLoss(i / 4, i % 4, -STEP, params))
                  / (2 * STEP);
          assertThat((double) gradient[i]).isCloseTo(scales[i] * slope, within(DIFFERENCES));
          compared++;
        }
      }
      assertThat(compared).isGreaterThan(size / 2);
    }
  }

  @BackendSource
  void refusesWhatDoesNotFit(Backend backend) {
    try (TensorArena arena = backend.newArena()) {
      Tensors tensors = new Tensors(backend, arena);
      Tensor x = tensors.poisoned(Shape.of(2, 3));
      Tensor rows = tensors.poisoned(Shape.of(2));
      assertThatThrownBy(() -> backend.loss().softmax(x, rows))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("softmax: shapes were [2, 3] and [2], wanted equal ones");
      assertThatThrownBy(() -> backend.loss().crossEntropy(x, rows, rows))
          .hasMessage("crossEntropy: a tensor was [2] F32, wanted I32");
      assertThatThrownBy(() -> backend.loss().smoothL1(x, x, 0, x))
          .hasMessage("smoothL1: beta was 0.0, wanted a positive number");
    }
  }
}
