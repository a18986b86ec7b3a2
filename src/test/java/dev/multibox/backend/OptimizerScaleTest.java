package dev.multibox.backend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.multibox.BackendSource;
import dev.multibox.Tensors;
import dev.multibox.tensor.DType;
import dev.multibox.tensor.Shape;
import dev.multibox.tensor.Tensor;
import dev.multibox.tensor.TensorArena;

/** The loss scale at the end of each step, and what the ring keeps of it. */
class OptimizerScaleTest {
  private static final ScaleParams AFTER_THREE = new ScaleParams(3);

  /** What a run carries from step to step. */
  private record State(
      Backend backend,
      Tensor losses,
      Tensor foundInf,
      Tensor lossScale,
      Tensor counters,
      Tensor ring) {

    static State of(Backend backend, TensorArena arena, float scale) {
      Tensors tensors = new Tensors(backend, arena);
      return new State(
          backend,
          tensors.floats(Shape.of(3), 3, 2, 1),
          tensors.ints(Shape.of(1), 0),
          tensors.floats(Shape.of(1), scale),
          tensors.zeros(Shape.of(OptimizerKernels.SCALE_COUNTERS), DType.I32),
          tensors.poisoned(Shape.of(OptimizerKernels.RING_STEPS, OptimizerKernels.RING_SIZE)));
    }

    /** Ends a step; returns the scale of the next. */
    float step(ScaleParams params, boolean overflows) {
      backend.upload(new int[] {overflows ? 1 : 0}, foundInf);
      backend.optimizer().updateScale(losses, params, foundInf, lossScale, counters, ring);
      assertThat(backend.ints(foundInf)).containsExactly(0);
      return backend.floats(lossScale)[0];
    }
  }

  @BackendSource
  void halvesAfterAnOverflowAndDoublesAfterCleanStepsInARow(Backend backend) {
    try (TensorArena arena = backend.newArena()) {
      State run = State.of(backend, arena, 1024);
      assertThat(run.step(AFTER_THREE, false)).isEqualTo(1024);
      assertThat(run.step(AFTER_THREE, false)).isEqualTo(1024);
      assertThat(run.step(AFTER_THREE, true)).isEqualTo(512);
      assertThat(run.step(AFTER_THREE, true)).isEqualTo(256);
      assertThat(run.step(AFTER_THREE, false)).isEqualTo(256);
      assertThat(run.step(AFTER_THREE, false)).isEqualTo(256);
      assertThat(run.step(AFTER_THREE, false)).isEqualTo(512);
      assertThat(run.step(AFTER_THREE, false)).isEqualTo(512);
      assertThat(backend.ints(run.counters())).containsExactly(1, 8);
    }
  }

  @BackendSource
  void neverDoublesToInfinityAndHalvesBelowOne(Backend backend) {
    try (TensorArena arena = backend.newArena()) {
      ScaleParams eager = new ScaleParams(1);
      State run = State.of(backend, arena, 0x1p127f);
      assertThat(run.step(eager, false)).isEqualTo(0x1p127f);
      backend.upload(new float[] {1}, run.lossScale());
      assertThat(run.step(eager, true)).isEqualTo(0.5f);
    }
  }

  @BackendSource
  void aConstantScaleStaysWhateverHappens(Backend backend) {
    try (TensorArena arena = backend.newArena()) {
      State run = State.of(backend, arena, 1);
      for (int step = 0; step < 5; step++) {
        assertThat(run.step(ScaleParams.constant(), step == 2)).isEqualTo(1);
      }
      assertThat(backend.ints(run.counters())).containsExactly(2, 5);
    }
  }

  @BackendSource
  void theRingHoldsTheLastSixtyFourSteps(Backend backend) {
    try (TensorArena arena = backend.newArena()) {
      State run = State.of(backend, arena, 8);
      for (int step = 0; step < 66; step++) {
        backend.upload(new float[] {step, Float.NaN, 1}, run.losses());
        run.step(AFTER_THREE, step == 0 || step == 65);
      }
      Tensor ring = run.ring();
      float grown = 4 * 0x1p21f; // halved by the first step, then doubled by 63 clean ones
      assertThat(backend.floats(ring.get(0))).containsExactly(64, Float.NaN, 1, 0, grown, 64, 0, 0);
      assertThat(backend.floats(ring.get(1))).containsExactly(65, Float.NaN, 1, 1, grown, 65, 0, 0);
      assertThat(backend.floats(ring.get(2))).containsExactly(2, Float.NaN, 1, 0, 4, 2, 0, 0);
      assertThat(backend.floats(ring.get(4))).containsExactly(4, Float.NaN, 1, 0, 8, 4, 0, 0);
    }
  }

  /** The whole end of a step: an overflow leaves weights alone, and the next step updates them. */
  @BackendSource
  void anOverflowSkipsOneStepAlone(Backend backend) {
    try (TensorArena arena = backend.newArena()) {
      Tensors tensors = new Tensors(backend, arena);
      State run = State.of(backend, arena, 1024);
      OptimizerKernels kernels = backend.optimizer();
      Shape one = Shape.of(1);
      Tensor weights = tensors.floats(one, 1);
      Tensor momentum = tensors.floats(one, 0);
      Tensor copies = tensors.of(DType.F16, one, 1);
      Tensor hyper = tensors.floats(Shape.of(8), 0.5f, 0.9f, 0, 1, 0.5f, 0, 0, 0);
      // Two small batches at a scale of 1024: the second overflows, so that their sum is infinite.
      Tensor sum = tensors.poisoned(one);
      Tensor small = tensors.of(DType.F16, one, 1024);
      for (float second : new float[] {Float.POSITIVE_INFINITY, 1024}) {
        backend.elementwise().accumulate(small, Gradient.overwrite(sum));
        Tensor next = tensors.of(DType.F16, one, second);
        backend.elementwise().accumulate(next, Gradient.add(sum));
        kernels.checkFinite(sum, run.foundInf());
        kernels.sgd(
            weights,
            momentum,
            sum,
            copies,
            hyper,
            run.lossScale(),
            SgdParams.of(true),
            run.foundInf());
        kernels.updateScale(
            run.losses(), AFTER_THREE, run.foundInf(), run.lossScale(), run.counters(), run.ring());
      }
      // The second step at a scale of 512: 2048 / (2 512) = 2, times the rate 1.
      assertThat(backend.floats(run.lossScale())).containsExactly(512);
      assertThat(backend.floats(weights)).containsExactly(0);
      assertThat(tensors.values(copies)).containsExactly(0);
    }
  }

  @BackendSource
  void refusesWhatDoesNotFit(Backend backend) {
    try (TensorArena arena = backend.newArena()) {
      State run = State.of(backend, arena, 1);
      assertThatThrownBy(() ->
              backend
                  .optimizer()
                  .updateScale(
                      run.losses(),
                      AFTER_THREE,
                      run.foundInf(),
                      run.lossScale(),
                      run.counters(),
                      run.ring().get(0)))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("updateScale: ring was [8], wanted [64, 8]");
      assertThatThrownBy(() -> new ScaleParams(-1))
          .hasMessage("scale: growthInterval was -1, wanted at least 0");
    }
  }
}
