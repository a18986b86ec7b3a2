package dev.multibox.autograd;

import static org.assertj.core.api.Assertions.assertThat;

import dev.multibox.backend.Activation;
import dev.multibox.backend.ActivationMask;
import dev.multibox.backend.ConvolutionParams;
import dev.multibox.backend.dry.DryBackend;
import dev.multibox.tensor.DType;
import dev.multibox.tensor.Shape;
import dev.multibox.tensor.Tensor;
import dev.multibox.tensor.TensorArena;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Which units keep a bit of each element on a backend that is better off with it. */
class UnitMaskTest {
  private static final Shape IMAGES = Shape.of(2, 4, 4, 8);

  @ParameterizedTest
  @EnumSource(Activation.class)
  void aUnitKeepsAMaskWhereItsActivationHasOne(Activation activation) {
    Set<Shape> masks = new HashSet<>();
    try (DryBackend backend = DryBackend.gpu();
        TensorArena arena = backend.newArena()) {
      backend.tell(tensors ->
          tensors.stream()
              .filter(tensor -> tensor.dtype() == DType.U8)
              .forEach(mask -> masks.add(mask.shape())));
      try (Tape tape = new Tape(backend, new PooledMemory(arena), Tape.Mode.TRAINING)) {
        Variable y =
            BatchNormOps.convBn(
                tape,
                leaf(arena, IMAGES),
                leaf(arena, Shape.of(8, 3, 3, 8)),
                ConvolutionParams.of(1, 1),
                norm(arena),
                activation);
        tape.backward(y, arena.zeros(IMAGES, DType.F32));
      }
    }

    assertThat(masks)
        .isEqualTo(activation.hasMask() ? Set.of(ActivationMask.shape(IMAGES)) : Set.of());
  }

  private static BatchNormOps.BatchNorm norm(TensorArena arena) {
    Shape channels = Shape.of(8);
    Tensor mean = arena.zeros(channels, DType.F32);
    Tensor variance = arena.zeros(channels, DType.F32);
    return new BatchNormOps.BatchNorm(
        leaf(arena, channels), leaf(arena, channels), mean, variance, 1e-5f, 0.1f);
  }

  private static Variable leaf(TensorArena arena, Shape shape) {
    return Variable.leaf(arena.zeros(shape, DType.F32), arena.zeros(shape, DType.F32));
  }
}
