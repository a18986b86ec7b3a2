package dev.multibox.backend;

import static dev.multibox.backend.ElementwiseMaskTest.channels;
import static dev.multibox.backend.ElementwiseMaskTest.spread;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.multibox.BackendSource;
import dev.multibox.Tensors;
import dev.multibox.tensor.DType;
import dev.multibox.tensor.Shape;
import dev.multibox.tensor.Tensor;
import dev.multibox.tensor.TensorArena;
import java.util.List;

/** Batch norm that keeps a bit of its activation computes what that which keeps its output does. */
class BatchNormMaskTest {
  private static final int[] CHANNELS = {1, 5, 8, 9, 64};
  private static final int[] ROWS = {0, 1, 70};

  @BackendSource
  void applyAndTheGradientBehindItAreThoseOfTheOutput(Backend backend) {
    for (int channels : CHANNELS) {
      for (int rows : ROWS) {
        for (DType type : List.of(DType.F32, DType.F16)) {
          for (Activation activation : List.of(Activation.RELU, Activation.RELU6)) {
            for (boolean adds : new boolean[] {false, true}) {
              check(backend, Shape.of(rows, channels), type, activation, adds);
            }
          }
        }
      }
    }
  }

  private static void check(
      Backend backend, Shape shape, DType type, Activation activation, boolean adds) {
    try (TensorArena arena = backend.newArena()) {
      Tensors tensors = new Tensors(backend, arena);
      BatchNormKernels kernels = backend.batchNorm();
      Shape vector = channels(shape);
      Tensor x = spread(tensors, type, 1, shape);
      Tensor mean = spread(tensors, DType.F32, 2, vector);
      Tensor invStd = spread(tensors, DType.F32, 3, vector);
      Tensor gamma = spread(tensors, DType.F32, 4, vector);
      Tensor beta = spread(tensors, DType.F32, 5, vector);
      Tensor residual = adds ? spread(tensors, type, 6, shape) : null;
      Tensor dOut = spread(tensors, type, 7, shape);
      Tensor y = tensors.allocate(shape, type);
      Tensor masked = tensors.allocate(shape, type);
      Tensor mask = tensors.allocate(ActivationMask.shape(shape), DType.U8);
      kernels.apply(x, mean, invStd, gamma, beta, residual, activation, y);
      kernels.maskedApply(x, mean, invStd, gamma, beta, residual, activation, masked, mask);
      tensors.assertSameBytes(masked, y);

      Tensor dz = tensors.allocate(shape, type);
      Tensor sums = tensors.poisoned(Shape.of(2, shape.dim(-1)));
      Tensor maskedSums = tensors.poisoned(sums.shape());
      kernels.backwardReduce(x, mean, invStd, y, activation, dOut, dz, sums);
      kernels.maskedBackwardReduce(x, mean, invStd, mask, dOut, dOut, maskedSums);
      tensors.assertSameBytes(dOut, dz);
      Tensors.assertClose(backend.floats(maskedSums), backend.floats(sums), 1e-6);
    }
  }

  @BackendSource
  void refusesWhatTheContractsExclude(Backend backend) {
    try (TensorArena arena = backend.newArena()) {
      Tensors tensors = new Tensors(backend, arena);
      Tensor x = tensors.poisoned(Shape.of(4, 9));
      Tensor vector = tensors.poisoned(Shape.of(9));
      Tensor sums = tensors.poisoned(Shape.of(2, 9));
      assertThatThrownBy(
              () -> backend.batchNorm().maskedBackwardReduce(x, vector, vector, x, x, x, sums))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("batchNormMaskedBackwardReduce: mask was [4, 9], wanted [4, 2]");
      Tensor mask = tensors.zeros(Shape.of(4, 2), DType.U8);
      assertThatThrownBy(() ->
              backend
                  .batchNorm()
                  .maskedApply(x, vector, vector, vector, vector, null, Activation.NONE, x, mask))
          .hasMessage("batchNormMaskedApply: activation was NONE, wanted one that has a mask");
    }
  }
}
