package dev.multibox.backend;

import static dev.multibox.Tensors.assertClose;
import static dev.multibox.Tensors.random;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.multibox.BackendSource;
import dev.multibox.Tensors;
import dev.multibox.backend.SgdParams.MomentumForm;
import dev.multibox.tensor.Shape;
import dev.multibox.tensor.Tensor;
import dev.multibox.tensor.TensorArena;

class OptimizerTest {
  private static final int[] SIZES = {0, 1, 31, 32, 33, 257, 8732, 70_001};

  /** A handful of float operations on values of magnitude 1. */
  private static final double FEW_ROUNDINGS = 1e-6;

  private static final float RATE = 0.1f;
  private static final float MOMENTUM = 0.9f;
  private static final float DECAY = 0.01f;

  /** With the loss scale, one half. */
  private static final float UNSCALE = 4;

  private static final float LOSS_SCALE = 8;

  @BackendSource
  void oneStepByHandInEitherForm(Backend backend) {
    try (TensorArena arena = backend.newArena()) {
      Tensors tensors = new Tensors(backend, arena);
      // Decayed gradient: 0.5 4 + 0.01 100 = 3.
      Tensor weights = tensors.floats(Shape.of(1), 100);
      Tensor momentum = tensors.floats(Shape.of(1), 10);
      Tensor gradients = tensors.floats(Shape.of(1), 4);
      SgdParams outside = SgdParams.of(true);
      sgd(backend, tensors, weights, momentum, gradients, 1, outside, 0);
      // v = 0.9 10 + 3 = 12, w = 100 - 0.1 12.
      assertClose(backend.floats(momentum), new float[] {12}, FEW_ROUNDINGS);
      assertClose(backend.floats(weights), new float[] {98.8f}, FEW_ROUNDINGS);

      backend.upload(new float[] {100}, weights);
      backend.upload(new float[] {10}, momentum);
      SgdParams inside = new SgdParams(MomentumForm.RATE_INSIDE, 0, false, true);
      sgd(backend, tensors, weights, momentum, gradients, 1, inside, 0);
      // v = 0.9 10 + 0.1 3 = 9.3, w = 100 - 9.3.
      assertClose(backend.floats(momentum), new float[] {9.3f}, FEW_ROUNDINGS);
      assertClose(backend.floats(weights), new float[] {90.7f}, FEW_ROUNDINGS);
    }
  }

  @BackendSource
  void firstStepIgnoresOldMomentumAndDampening(Backend backend) {
    try (TensorArena arena = backend.newArena()) {
      Tensors tensors = new Tensors(backend, arena);
      Tensor weights = tensors.floats(Shape.of(1), 1);
      Tensor momentum = tensors.poisoned(Shape.of(1));
      Tensor gradients = tensors.floats(Shape.of(1), 4);
      SgdParams params = new SgdParams(MomentumForm.RATE_OUTSIDE, 0.5f, false, false);
      sgd(backend, tensors, weights, momentum, gradients, 0, params, 0);
      assertClose(backend.floats(momentum), new float[] {2}, FEW_ROUNDINGS);
      assertClose(backend.floats(weights), new float[] {0.8f}, FEW_ROUNDINGS);
      sgd(backend, tensors, weights, momentum, gradients, 1, params, 0);
      // v = 0.9 2 + 0.5 2 = 2.8.
      assertClose(backend.floats(momentum), new float[] {2.8f}, FEW_ROUNDINGS);
    }
  }

  @BackendSource
  void aSkippedStepLeavesNoTrace(Backend backend) {
    try (TensorArena arena = backend.newArena()) {
      Tensors tensors = new Tensors(backend, arena);
      Tensor weights = tensors.floats(Shape.of(2), 1, 2);
      Tensor momentum = tensors.floats(Shape.of(2), 3, 4);
      Tensor gradients = tensors.floats(Shape.of(2), Float.NaN, 5);
      sgd(backend, tensors, weights, momentum, gradients, 0, SgdParams.of(true), 1);
      assertThat(backend.floats(weights)).containsExactly(1, 2);
      assertThat(backend.floats(momentum)).containsExactly(3, 4);
    }
  }

  @BackendSource
  void everyFormMatchesAPlainLoop(Backend backend) {
    for (int size : SIZES) {
      for (MomentumForm form : MomentumForm.values()) {
        for (boolean decayed : new boolean[] {false, true}) {
          for (int iteration : new int[] {0, 7}) {
            check(backend, size, new SgdParams(form, 0, true, decayed), iteration);
            check(backend, size, new SgdParams(form, 0.25f, false, decayed), iteration);
          }
        }
      }
    }
  }

  private static void check(Backend backend, int size, SgdParams params, int iteration) {
    float[] w = random(1, size);
    float[] v = random(2, size);
    float[] g = random(3, size);
    boolean inside = params.momentumForm() == MomentumForm.RATE_INSIDE;
    float[] weights = new float[size];
    float[] momentum = new float[size];
    for (int i = 0; i < size; i++) {
      double gradient = 0.5 * g[i] + (params.decayed() ? (double) DECAY * w[i] : 0);
      double term = inside ? RATE * gradient : gradient;
      double next =
          iteration == 0 ? term : (double) MOMENTUM * v[i] + (1 - params.dampening()) * term;
      double step = params.nesterov() ? term + MOMENTUM * next : next;
      momentum[i] = (float) next;
      weights[i] = (float) (w[i] - (inside ? step : RATE * step));
    }
    try (TensorArena arena = backend.newArena()) {
      Tensors tensors = new Tensors(backend, arena);
      Shape shape = Shape.of(size);
      Tensor weight = tensors.floats(shape, w);
      Tensor velocity = tensors.floats(shape, v);
      sgd(backend, tensors, weight, velocity, tensors.floats(shape, g), iteration, params, 0);
      assertClose(backend.floats(weight), weights, FEW_ROUNDINGS);
      assertClose(backend.floats(velocity), momentum, FEW_ROUNDINGS);
    }
  }

  private static void sgd(
      Backend backend,
      Tensors tensors,
      Tensor weights,
      Tensor momentum,
      Tensor gradients,
      int iteration,
      SgdParams params,
      int foundInf) {
    float[] settings = new float[OptimizerKernels.HYPER_SIZE];
    settings[OptimizerKernels.HYPER_RATE] = RATE;
    settings[OptimizerKernels.HYPER_MOMENTUM] = MOMENTUM;
    settings[OptimizerKernels.HYPER_DECAY] = DECAY;
    settings[OptimizerKernels.HYPER_ITERATION] = iteration;
    settings[OptimizerKernels.HYPER_UNSCALE] = UNSCALE;
    Tensor hyper = tensors.floats(Shape.of(settings.length), settings);
    Tensor flag = tensors.ints(Shape.of(1), foundInf);
    Tensor scale = tensors.floats(Shape.of(1), LOSS_SCALE);
    backend.optimizer().sgd(weights, momentum, gradients, null, hyper, scale, params, flag);
  }

  @BackendSource
  void findsWhatIsNotFiniteWhereverItStands(Backend backend) {
    float[] bad = {
      Float.NaN, Float.intBitsToFloat(0xffc00000), Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY
    };
    try (TensorArena arena = backend.newArena()) {
      Tensors tensors = new Tensors(backend, arena);
      for (int size : SIZES) {
        float[] values = random(size, size);
        Tensor gradients = tensors.floats(Shape.of(size), values);
        Tensor flag = tensors.ints(Shape.of(1), 0);
        backend.optimizer().checkFinite(gradients, flag);
        assertThat(backend.ints(flag)).containsExactly(0);
        for (int i = 0; i < bad.length && size > 0; i++) {
          int place = (int) ((long) i * (size - 1) / (bad.length - 1));
          float[] spoiled = values.clone();
          spoiled[place] = bad[i];
          backend.upload(spoiled, gradients);
          backend.upload(new int[] {0}, flag);
          backend.optimizer().checkFinite(gradients, flag);
          assertThat(backend.ints(flag)).containsExactly(1);
        }
      }
    }
  }

  @BackendSource
  void aFlagOnceSetStays(Backend backend) {
    try (TensorArena arena = backend.newArena()) {
      Tensors tensors = new Tensors(backend, arena);
      Tensor flag = tensors.ints(Shape.of(1), 1);
      Tensor gradients = tensors.floats(Shape.of(2), Float.MAX_VALUE, -Float.MAX_VALUE);
      backend.optimizer().checkFinite(gradients, flag);
      assertThat(backend.ints(flag)).containsExactly(1);
    }
  }

  @BackendSource
  void refusesWhatTheContractsExclude(Backend backend) {
    try (TensorArena arena = backend.newArena()) {
      Tensors tensors = new Tensors(backend, arena);
      Tensor x = tensors.poisoned(Shape.of(1));
      Tensor flag = tensors.ints(Shape.of(1), 0);
      SgdParams params = SgdParams.of(false);
      assertThatThrownBy(() -> backend.optimizer().sgd(x, x, x, null, x, x, params, flag))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("sgd: hyper was [1], wanted [8]");
      assertThatThrownBy(() -> backend.optimizer().checkFinite(x, x))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("checkFinite: a tensor was [1] F32, wanted I32");
    }
  }
}
