package dev.multibox.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.multibox.BackendSource;
import dev.multibox.Tensors;
import dev.multibox.autograd.HeadVariables;
import dev.multibox.autograd.LossOps;
import dev.multibox.autograd.PooledMemory;
import dev.multibox.autograd.Tape;
import dev.multibox.autograd.Variable;
import dev.multibox.backend.Backend;
import dev.multibox.backend.LossParams;
import dev.multibox.nn.Parameter;
import dev.multibox.tensor.DType;
import dev.multibox.tensor.Shape;
import dev.multibox.tensor.Tensor;
import dev.multibox.tensor.TensorArena;
import java.util.List;

class SsdTest {
  private static Ssd tiny(Backend backend, TensorArena arena, int height, int width) {
    Ssd ssd =
        new Ssd(backend, new Ssd.Config(ModelRegistry.find("ssd-tiny"), height, width, 7), arena);
    ssd.state().initialize(1);
    return ssd;
  }

  @BackendSource
  void mapsPriorsAndHeadsFollowFromTheInputSize(Backend backend) {
    try (TensorArena arena = backend.newArena()) {
      Ssd square = tiny(backend, arena, 96, 96);
      Ssd wide = tiny(backend, arena, 64, 160);

      // (24² + 12² + 6² + 3²) 4
      assertThat(square.priors().count()).isEqualTo(3060);
      // (16 40 + 8 20 + 4 10 + 2 5) 4
      assertThat(wide.priors().count()).isEqualTo(3400);
      assertThat(wide.headLayouts().getFirst().width()).isEqualTo(40);
      assertThat(square.state().parameterCount()).isBetween(900_000L, 1_200_000L);
      assertThat(wide.state().parameterCount()).isEqualTo(square.state().parameterCount());
    }
  }

  @BackendSource
  void everyLevelsOutputFitsItsLayout(Backend backend) {
    try (TensorArena arena = backend.newArena()) {
      Ssd ssd = tiny(backend, arena, 64, 96);
      Shape image = ssd.imageShape(2);
      Tensor images = new Tensors(backend, arena).floats(image, Tensors.random(3, image.size()));
      try (Tape tape = new Tape(backend, new PooledMemory(arena), Tape.Mode.INFERENCE)) {
        HeadVariables heads = ssd.forward(tape, Variable.constant(images));

        assertThat(heads.values().priors()).isEqualTo(ssd.priors().count());
        assertThat(heads.values().batch()).isEqualTo(2);
        for (Variable level : heads.levels()) {
          assertThat(backend.floats(level.value())).doesNotContain(Float.NaN).isNotEmpty();
        }
      }
    }
  }

  @BackendSource
  void theSameSeedGivesTheSameNetwork(Backend backend) {
    try (TensorArena arena = backend.newArena()) {
      float[] first = backend.floats(tiny(backend, arena, 96, 96).state().weights());
      float[] second = backend.floats(tiny(backend, arena, 96, 96).state().weights());

      assertThat(first).isEqualTo(second);
    }
  }

  @BackendSource
  void whatIsFrozenGetsNoGradientAndTheRestDoes(Backend backend) {
    try (TensorArena arena = backend.newArena()) {
      Ssd.Config config = new Ssd.Config(ModelRegistry.find("ssd-tiny"), 64, 64, 3);
      Ssd ssd = new Ssd(backend, config, DType.F32, List.of("backbone.stride2."), arena);
      ssd.state().initialize(1);
      Tensors tensors = new Tensors(backend, arena);
      Shape image = ssd.imageShape(2);
      int priors = ssd.priors().count();
      int[] classes = new int[2 * priors];
      classes[5] = 1;
      try (Tape tape = new Tape(backend, new PooledMemory(arena), Tape.Mode.TRAINING)) {
        Tensor images = tensors.floats(image, Tensors.random(3, image.size()));
        HeadVariables heads = ssd.forward(tape, Variable.constant(images));
        Variable loss =
            LossOps.multiboxLoss(
                tape,
                heads,
                tensors.ints(Shape.of(2, priors), classes),
                tensors.zeros(Shape.of(2, priors, 4), DType.F32),
                LossParams.caffe(),
                tensors.zeros(Shape.of(3), DType.F32));
        tape.backward(loss, tensors.floats(Shape.of(1), 1));
      }

      assertThat(ssd.state().parameters())
          .filteredOn(Parameter::frozen)
          .extracting(Parameter::name)
          .containsExactlyInAnyOrder(
              "backbone.stride2.conv.weight",
              "backbone.stride2.bn.weight",
              "backbone.stride2.bn.bias");
      assertThat(ssd.state().parameters())
          .filteredOn(parameter -> !parameter.frozen())
          .allMatch(parameter -> parameter.variable().hasGradient());
    }
  }

  @BackendSource
  void refusesAnInputTooSmallForTheNetwork(Backend backend) {
    try (TensorArena arena = backend.newArena()) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> tiny(backend, arena, 0, 96))
          .withMessageStartingWith("ssd-tiny: an input of 0 x 96 is too small");
    }
  }
}
