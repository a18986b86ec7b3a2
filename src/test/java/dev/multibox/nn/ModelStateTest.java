package dev.multibox.nn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatNoException;

import dev.multibox.BackendSource;
import dev.multibox.Tensors;
import dev.multibox.backend.Backend;
import dev.multibox.nn.Parameter.Role;
import dev.multibox.tensor.DType;
import dev.multibox.tensor.Shape;
import dev.multibox.tensor.TensorArena;
import java.util.List;
import org.junit.jupiter.api.Test;

class ModelStateTest {
  @BackendSource
  void parametersOfARoleAreOneRangeOfEverySlab(Backend backend) {
    Scope scope = new Scope(1);
    Shape three = Shape.of(3);
    Parameter bias = scope.child("a").bias("bias", three, three, Initializer.constant(2));
    Parameter scale = scope.child("b").scale("scale", three, Initializer.constant(3));
    Parameter weight =
        scope.child("a").weight("weight", Shape.of(3, 1, 1, 2), Initializer.constant(1));
    try (TensorArena arena = backend.newArena()) {
      ModelState state = ModelState.allocate(backend, scope, arena);
      state.initialize(1);

      assertThat(state.parameters()).containsExactly(weight, scale, bias);
      assertThat(weight.name()).isEqualTo("a.weight");
      assertThat(state.parameterCount()).isEqualTo(12);
      assertThat(backend.floats(state.range(Role.WEIGHT).weights()))
          .containsExactly(1, 1, 1, 1, 1, 1, 0, 0);
      assertThat(backend.floats(state.range(Role.SCALE).weights()))
          .containsExactly(3, 3, 3, 0, 0, 0, 0, 0);
      assertThat(backend.floats(state.range(Role.BIAS).weights()))
          .containsExactly(2, 2, 2, 0, 0, 0, 0, 0);
    }
  }

  @BackendSource
  void aModelForInferenceHasItsWeightsAlone(Backend backend) {
    Scope scope = new Scope(1);
    Parameter weight = scope.weight("weight", Shape.of(2, 1, 1, 8), Initializer.constant(1));
    try (TensorArena trained = backend.newArena();
        TensorArena arena = backend.newArena()) {
      ModelState.allocate(backend, scope, trained);
      ModelState state = ModelState.forInference(backend, scope, DType.F32, arena);
      state.initialize(1);

      assertThat(arena.allocatedBytes()).isLessThan(trained.allocatedBytes());
      assertThat(backend.floats(weight.value())).containsOnly(1);
      assertThat(weight.variable().needsGradient()).isFalse();
      assertThat(state.isTrained()).isFalse();
      assertThatIllegalStateException()
          .isThrownBy(state::momentum)
          .withMessage("model: it is for inference and cannot be trained");
      assertThatIllegalStateException().isThrownBy(() -> state.range(Role.WEIGHT));
    }
  }

  @BackendSource
  void aNetworkOfHalvesReadsCopiesOfItsMasterFilters(Backend backend) {
    Scope scope = new Scope(1);
    Parameter weight = scope.weight("weight", Shape.of(1, 1, 1, 2), Initializer.constant(0.1f));
    Parameter bias = scope.bias("bias", Shape.of(1), Shape.of(1), Initializer.constant(0.1f));
    try (TensorArena arena = backend.newArena()) {
      Tensors tensors = new Tensors(backend, arena);
      ModelState state = ModelState.allocate(backend, scope, DType.F16, arena);
      state.initialize(1);

      assertThat(backend.floats(weight.value())).containsExactly(0.1f, 0.1f);
      assertThat(tensors.values(weight.variable().value()))
          .containsExactly(Tensors.half(0.1f), Tensors.half(0.1f));
      assertThat(weight.variable().gradient().tensor().dtype()).isEqualTo(DType.F16);
      assertThat(bias.variable().value()).isSameAs(bias.value());
      assertThat(bias.variable().gradient().tensor().dtype()).isEqualTo(DType.F32);

      state.write(weight, weight.value(), new float[] {0.2f, 0.3f});
      assertThat(tensors.values(weight.variable().value()))
          .containsExactly(Tensors.half(0.2f), Tensors.half(0.3f));
    }
  }

  @BackendSource
  void refusesFiltersOfATypeThatIsNotComputedWith(Backend backend) {
    try (TensorArena arena = backend.newArena()) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> ModelState.allocate(backend, new Scope(1), DType.U8, arena))
          .withMessage("model: filters were to be U8, wanted F32 or F16");
    }
  }

  @BackendSource
  void frozenParametersHaveNoGradientAndLieBehindTheOthersOfTheirRole(Backend backend) {
    Scope scope = new Scope(1);
    Parameter first =
        scope.child("conv1").weight("weight", Shape.of(2, 1, 1, 4), Initializer.constant(1));
    Parameter second =
        scope.child("conv2").weight("weight", Shape.of(2, 1, 1, 4), Initializer.constant(2));
    scope.freeze(List.of("conv1."));
    try (TensorArena arena = backend.newArena()) {
      ModelState state = ModelState.allocate(backend, scope, arena);
      state.initialize(1);

      assertThat(first.frozen()).isTrue();
      assertThat(first.variable().needsGradient()).isFalse();
      assertThat(second.variable().needsGradient()).isTrue();
      assertThat(state.parameters()).containsExactly(second, first);
      assertThat(backend.floats(state.range(Role.WEIGHT).weights())).hasSize(8).containsOnly(2);
      assertThat(backend.floats(state.weights())).hasSize(16).endsWith(1, 1, 1, 1, 1, 1, 1, 1);
      assertThatNoException().isThrownBy(state::resetGradients);
    }
  }

  @BackendSource
  void paddingIsZeroAndNotInWhatIsRead(Backend backend) {
    Scope scope = new Scope(8);
    Parameter weight =
        scope.weight("weight", Shape.of(2, 1, 1, 3), Shape.of(4, 1, 1, 8), Initializer.constant(5));
    try (TensorArena arena = backend.newArena()) {
      ModelState state = ModelState.allocate(backend, scope, arena);
      state.initialize(1);

      float[] stored = backend.floats(weight.value());
      assertThat(stored).hasSize(32);
      for (int i = 0; i < stored.length; i++) {
        assertThat(stored[i]).isEqualTo(i < 16 && i % 8 < 3 ? 5f : 0f);
      }
      assertThat(state.read(weight, weight.value())).hasSize(6).containsOnly(5f);
    }
  }

  @BackendSource
  void firstValuesDependOnTheNameAndNotOnTheRest(Backend backend) {
    float[] alone = firstValues(backend, false);
    float[] beside = firstValues(backend, true);

    assertThat(alone).isEqualTo(beside).doesNotContain(0f);
  }

  private static float[] firstValues(Backend backend, boolean another) {
    Scope scope = new Scope(1);
    if (another) {
      scope.weight("before", Shape.of(4, 3, 3, 2), Initializer.xavierUniform());
    }
    Parameter weight = scope.weight("w", Shape.of(4, 3, 3, 2), Initializer.xavierUniform());
    try (TensorArena arena = backend.newArena()) {
      ModelState.allocate(backend, scope, arena).initialize(7);
      return backend.floats(weight.value());
    }
  }

  @Test
  void xavierIsBoundedByBothFans() {
    // fanIn = 3 3 2 = 18, fanOut = 4 3 3 = 36, bound = sqrt(6 / 54) = 1 / 3.
    float[] values =
        Initializer.xavierUniform().draw(Shape.of(4, 3, 3, 2), new java.util.SplittableRandom(1));

    assertThat(values).hasSize(72);
    float largest = 0;
    for (float value : values) {
      largest = Math.max(largest, Math.abs(value));
    }
    assertThat(largest).isBetween(0.3f, 1 / 3f);
  }

  @Test
  void kaimingHasTheDeviationOfItsFan() {
    // fanOut = 64 3 3 = 576, deviation = sqrt(2 / 576) = 0.0589.
    float[] values =
        Initializer.kaimingNormal().draw(Shape.of(64, 3, 3, 32), new java.util.SplittableRandom(1));

    double squares = 0;
    for (float value : values) {
      squares += value * value;
    }
    assertThat(Math.sqrt(squares / values.length)).isBetween(0.0575, 0.0603);
  }

  @Test
  void refusesANameDeclaredTwice() {
    Scope scope = new Scope(1);
    scope.weight("w", Shape.of(1), Initializer.constant(0));

    assertThatIllegalArgumentException()
        .isThrownBy(() -> scope.weight("w", Shape.of(1), Initializer.constant(0)))
        .withMessage("parameter w: declared twice");
  }

  @Test
  void refusesToReadAParameterWithoutMemory() {
    Parameter parameter = new Scope(1).weight("w", Shape.of(1), Initializer.constant(0));

    assertThatIllegalStateException()
        .isThrownBy(parameter::value)
        .withMessage("parameter w: has no memory yet");
  }
}
