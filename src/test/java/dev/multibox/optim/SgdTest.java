package dev.multibox.optim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.multibox.BackendSource;
import dev.multibox.Tensors;
import dev.multibox.backend.Backend;
import dev.multibox.backend.SgdParams.MomentumForm;
import dev.multibox.nn.Initializer;
import dev.multibox.nn.ModelState;
import dev.multibox.nn.Parameter;
import dev.multibox.nn.Scope;
import dev.multibox.tensor.DType;
import dev.multibox.tensor.Shape;
import dev.multibox.tensor.TensorArena;
import java.util.List;
import org.assertj.core.data.Offset;

class SgdTest {
  private static final Offset<Float> CLOSE = within(1e-6f);

  private static final Sgd.Settings SETTINGS =
      new Sgd.Settings(0.9f, 0.5f, MomentumForm.RATE_OUTSIDE, Sgd.Decay.WEIGHTS, 1);

  @BackendSource
  void decaysWeightsAndNotBiases(Backend backend) {
    Scope scope = new Scope(1);
    Parameter weight = scope.weight("weight", Shape.of(1, 1, 1, 1), Initializer.constant(2));
    Parameter bias = scope.bias("bias", Shape.of(1), Shape.of(1), Initializer.constant(2));
    try (TensorArena arena = backend.newArena()) {
      ModelState state = ModelState.allocate(backend, scope, arena);
      state.initialize(1);
      Sgd sgd = new Sgd(backend, state, SETTINGS, arena);
      backend.upload(new float[] {1}, weight.variable().gradient().tensor());
      backend.upload(new float[] {1}, bias.variable().gradient().tensor());

      sgd.checkFinite();
      sgd.step(0.1f, 0);

      // Weight: 2 - 0.1 (1 + 0.5 2); bias: 2 - 0.1 1.
      assertThat(backend.floats(weight.value())[0]).isCloseTo(1.8f, within(1e-6f));
      assertThat(backend.floats(bias.value())[0]).isCloseTo(1.9f, within(1e-6f));

      sgd.step(0.1f, 1);

      // Bias: momentum 0.9 + 1 = 1.9.
      assertThat(backend.floats(bias.value())[0]).isCloseTo(1.71f, within(1e-6f));
    }
  }

  @BackendSource
  void everyRoleHasItsRateAndItsDecay(Backend backend) {
    Sgd.Settings caffe =
        new Sgd.Settings(0.9f, 0.5f, MomentumForm.RATE_INSIDE, Sgd.Decay.WEIGHTS, 2);
    Sgd.Settings torchvision =
        new Sgd.Settings(0.9f, 0.5f, MomentumForm.RATE_OUTSIDE, Sgd.Decay.ALL, 1);

    // All start at 2 with a gradient of 1: 2 - 0.1 (1 + 0.5 2) with decay, 2 - 0.1 without.
    assertThat(afterAStep(backend, caffe)).containsExactly(new float[] {1.8f, 1.9f, 1.8f}, CLOSE);
    assertThat(afterAStep(backend, torchvision))
        .containsExactly(new float[] {1.8f, 1.8f, 1.8f}, CLOSE);
  }

  /** A filter, a scale and a bias. */
  private static float[] afterAStep(Backend backend, Sgd.Settings settings) {
    Scope scope = new Scope(1);
    List<Parameter> parameters =
        List.of(
            scope.weight("weight", Shape.of(1, 1, 1, 1), Initializer.constant(2)),
            scope.scale("scale", Shape.of(1), Initializer.constant(2)),
            scope.bias("bias", Shape.of(1), Shape.of(1), Initializer.constant(2)));
    try (TensorArena arena = backend.newArena()) {
      ModelState state = ModelState.allocate(backend, scope, arena);
      state.initialize(1);
      Sgd sgd = new Sgd(backend, state, settings, arena);
      float[] after = new float[3];
      parameters.forEach(
          parameter -> backend.upload(new float[] {1}, parameter.variable().gradient().tensor()));
      sgd.checkFinite();
      sgd.step(0.1f, 0);
      for (int i = 0; i < after.length; i++) {
        after[i] = backend.floats(parameters.get(i).value())[0];
      }
      return after;
    }
  }

  /** Steps of 2^-13 are below what F16 holds beside 1: only the masters can add them up. */
  @BackendSource
  void copiesInHalfPrecisionFollowTheirMasters(Backend backend) {
    Scope scope = new Scope(1);
    Parameter weight = scope.weight("weight", Shape.of(1, 1, 1, 1), Initializer.constant(1));
    Sgd.Settings plain = new Sgd.Settings(0, 0, MomentumForm.RATE_OUTSIDE, Sgd.Decay.WEIGHTS, 1);
    try (TensorArena arena = backend.newArena()) {
      Tensors tensors = new Tensors(backend, arena);
      ModelState state = ModelState.allocate(backend, scope, DType.F16, arena);
      state.initialize(1);
      Sgd sgd = new Sgd(backend, state, plain, arena);
      backend.elementwise().fill(weight.variable().gradient().tensor(), -1);

      sgd.checkFinite();
      sgd.step(0x1p-13f, 0);
      assertThat(backend.floats(weight.value())).containsExactly(1 + 0x1p-13f);
      assertThat(tensors.values(weight.variable().value())).containsExactly(1);

      for (int step = 1; step < 8; step++) {
        sgd.step(0x1p-13f, step);
      }
      assertThat(tensors.values(weight.variable().value())).containsExactly(1 + 0x1p-10f);

      backend.elementwise().fill(weight.variable().gradient().tensor(), 1e6f);
      assertThat(backend.ints(sgd.checkFinite())[0]).isNotZero();
    }
  }

  @BackendSource
  void aGradientThatIsNotFiniteChangesNothing(Backend backend) {
    Scope scope = new Scope(1);
    Parameter weight = scope.weight("weight", Shape.of(1, 1, 1, 2), Initializer.constant(2));
    try (TensorArena arena = backend.newArena()) {
      ModelState state = ModelState.allocate(backend, scope, arena);
      state.initialize(1);
      GradScaler scaler = GradScaler.constant(backend, arena);
      Sgd sgd = new Sgd(backend, state, SETTINGS, scaler, 1, arena);
      backend.upload(new float[] {1, Float.NaN}, weight.variable().gradient().tensor());

      assertThat(backend.ints(sgd.checkFinite())[0]).isNotZero();
      sgd.step(0.1f, 0);

      assertThat(backend.floats(weight.value())).containsOnly(2f);
      assertThat(backend.floats(weight.momentum())).containsOnly(0f);

      scaler.update(arena.zeros(Shape.of(3), DType.F32));
      backend.upload(new float[] {1, 1}, weight.variable().gradient().tensor());
      assertThat(backend.ints(sgd.checkFinite())[0]).isZero();
    }
  }
}
