package dev.multibox.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.multibox.Tensors;
import dev.multibox.autograd.HeadVariables;
import dev.multibox.autograd.LossOps;
import dev.multibox.autograd.PooledMemory;
import dev.multibox.autograd.Recompute;
import dev.multibox.autograd.Tape;
import dev.multibox.autograd.Variable;
import dev.multibox.backend.Backend;
import dev.multibox.backend.LossParams;
import dev.multibox.backend.SgdParams.MomentumForm;
import dev.multibox.backend.cpu.CpuBackend;
import dev.multibox.optim.Sgd;
import dev.multibox.tensor.DType;
import dev.multibox.tensor.Shape;
import dev.multibox.tensor.Tensor;
import dev.multibox.tensor.TensorArena;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * SSDlite trains and computes in F16; that it is torchvision's, {@link FormulaGoldenTest} tells.
 */
class SsdLiteTest {
  private static final int BATCH = 4;
  private static final int SIZE = 64;
  private static final int CLASSES = 4;
  private static final int STEPS = 8;

  /** Sixty layers, each with a rounding of 2^-11. */
  private static final float HALF_LOSS = 0.02f;

  @Test
  void trainingLowersTheLoss() {
    try (Backend backend = CpuBackend.open()) {
      float[] losses = train(backend, DType.F32, STEPS);

      assertThat(losses[STEPS - 1]).isLessThan(0.7f * losses[0]).isPositive();
    }
  }

  @Test
  void halvesGiveTheLossOfFloats() {
    try (Backend backend = CpuBackend.open()) {
      float floats = train(backend, DType.F32, 1)[0];

      assertThat(train(backend, DType.F16, 1)[0]).isCloseTo(floats, within(HALF_LOSS * floats));
    }
  }

  /** The second step's loss follows from every gradient of the first. */
  @ParameterizedTest
  @EnumSource(Recompute.class)
  void recomputingChangesNothing(Recompute recompute) {
    try (Backend backend = CpuBackend.open()) {
      assertThat(train(backend, DType.F32, 2, recompute)).isEqualTo(train(backend, DType.F32, 2));
    }
  }

  private static float[] train(Backend backend, DType type, int steps) {
    return train(backend, type, steps, Recompute.NONE);
  }

  /** The total loss of each step on the same images. */
  private static float[] train(Backend backend, DType type, int steps, Recompute recompute) {
    try (TensorArena arena = backend.newArena()) {
      Tensors tensors = new Tensors(backend, arena);
      SsdDefinition definition = ModelRegistry.find("ssdlite320-mobilenet-v3-large");
      Ssd ssd = new Ssd(backend, new Ssd.Config(definition, SIZE, SIZE, CLASSES), type, arena);
      ssd.state().initialize(1);
      Shape image = ssd.imageShape(BATCH);
      Tensor images = tensors.of(type, image, Tensors.random(2, image.size()));
      MadeUpTargets targets = MadeUpTargets.of(tensors, ssd, BATCH);
      Tensor losses = tensors.poisoned(Shape.of(3));
      Sgd.Settings settings =
          new Sgd.Settings(0.9f, 4e-5f, MomentumForm.RATE_OUTSIDE, Sgd.Decay.ALL, 1);
      Sgd sgd = new Sgd(backend, ssd.state(), settings, arena);
      PooledMemory memory = new PooledMemory(arena);
      float[] totals = new float[steps];
      for (int step = 0; step < steps; step++) {
        ssd.state().resetGradients();
        try (Tape tape = new Tape(backend, memory, Tape.Mode.TRAINING, recompute)) {
          HeadVariables heads = ssd.forward(tape, Variable.constant(images));
          Variable loss =
              LossOps.multiboxLoss(
                  tape,
                  heads,
                  targets.classes(),
                  targets.offsets(),
                  LossParams.torchvision(),
                  losses);
          tape.backward(loss, tensors.floats(Shape.of(1), 1));
          totals[step] = backend.floats(losses)[0];
          Tensor foundInf = sgd.checkFinite();
          sgd.step(0.05f, step);
          tape.updateRunningStatistics(foundInf);
        }
      }
      return totals;
    }
  }
}
