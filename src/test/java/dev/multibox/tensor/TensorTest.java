package dev.multibox.tensor;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.multibox.Tensors;
import dev.multibox.backend.cpu.CpuBackend;
import org.junit.jupiter.api.Test;

class TensorTest {
  @Test
  void sizesPassTwoToTheThirtyFirst() {
    Shape shape = Shape.of(896, 300, 300, 64);

    assertThat(shape.size()).isEqualTo(5_160_960_000L);
    assertThat(shape.rows()).isEqualTo(80_640_000L);
    assertThat(shape.dim(-1)).isEqualTo(64);
  }

  @Test
  void refusesSizesThatDoNotFitALong() {
    assertThatThrownBy(() -> Shape.of(Long.MAX_VALUE, 2)).isInstanceOf(ArithmeticException.class);
    assertThatIllegalArgumentException().isThrownBy(() -> Shape.of(2, -1));
  }

  @Test
  void aScalarHasOneElement() {
    assertThat(Shape.of().size()).isEqualTo(1);
    assertThat(Shape.of(3, 0).size()).isZero();
  }

  @Test
  void slicesShareMemoryAndVersion() {
    try (CpuBackend backend = CpuBackend.open();
        TensorArena arena = backend.newArena()) {
      Tensor whole = new Tensors(backend, arena).floats(Shape.of(2, 3), 0, 1, 2, 3, 4, 5);
      Tensor second = whole.get(1);
      long before = whole.version();

      backend.upload(new float[] {30, 40, 50}, second);

      assertThat(second.shape()).isEqualTo(Shape.of(3));
      assertThat(backend.floats(whole)).containsExactly(0, 1, 2, 30, 40, 50);
      assertThat(whole.version()).isGreaterThan(before);
      assertThat(whole.reshape(Shape.of(6)).host().getAtIndex(JAVA_FLOAT, 4)).isEqualTo(40f);
    }
  }

  @Test
  void refusesSlicesOutside() {
    try (CpuBackend backend = CpuBackend.open();
        TensorArena arena = backend.newArena()) {
      Tensor tensor = arena.zeros(Shape.of(4), DType.F32);

      assertThatIllegalArgumentException()
          .isThrownBy(() -> tensor.slice(3, Shape.of(2)))
          .withMessage("slice: [2] from element 3 does not lie in [4]");
      assertThatIllegalArgumentException()
          .isThrownBy(() -> tensor.reshape(Shape.of(5)))
          .withMessage("reshape: was [4], cannot become [5]");
    }
  }

  @Test
  void aTensorOfAClosedArenaIsRefused() {
    try (CpuBackend backend = CpuBackend.open()) {
      Tensor tensor;
      try (TensorArena arena = backend.newArena()) {
        tensor = arena.zeros(Shape.of(2), DType.F32);
      }
      assertThatIllegalStateException()
          .isThrownBy(tensor::host)
          .withMessage("tensor: [2] F32 belongs to a closed arena");
    }
  }

  @Test
  void aBackendWithAnOpenArenaStaysOpen() {
    CpuBackend backend = CpuBackend.open();
    TensorArena arena = backend.newArena();

    assertThatIllegalStateException().isThrownBy(backend::close);

    arena.close();
    backend.close();
  }

  @Test
  void deviceMemoryIsNotReadOnTheHost() {
    try (CpuBackend backend = CpuBackend.open();
        TensorArena arena = backend.newArena()) {
      Tensor device = Tensor.device(Shape.of(8), DType.F16, 4096, arena);

      assertThat(device.slice(2, Shape.of(3)).address()).isEqualTo(4100);
      assertThatIllegalStateException()
          .isThrownBy(device::host)
          .withMessage("tensor: [8] F16 lies on a device; download it first");
    }
  }
}
