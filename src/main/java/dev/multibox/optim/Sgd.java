package dev.multibox.optim;

import dev.multibox.backend.Backend;
import dev.multibox.backend.OptimizerKernels;
import dev.multibox.backend.SgdParams;
import dev.multibox.nn.ModelState;
import dev.multibox.tensor.DType;
import dev.multibox.tensor.Shape;
import dev.multibox.tensor.Tensor;
import dev.multibox.tensor.TensorArena;

/**
 * Stochastic gradient descent with momentum and weight decay over a model's slabs: one update of
 * the decayed range, one of the rest. A step whose gradients are not all finite changes nothing.
 */
public final class Sgd {
  /**
   * What stays the same over a run.
   *
   * @param momentum the momentum factor, 0.9 in SSD
   * @param weightDecay the factor of decayed weights in their gradient, 5e-4 in SSD
   * @param form where the learning rate stands
   */
  public record Settings(float momentum, float weightDecay, SgdParams.MomentumForm form) {}

  private final Backend backend;
  private final ModelState model;
  private final Settings settings;
  private final Tensor hyper;
  private final Tensor foundInf;
  private final float[] hyperValues = new float[OptimizerKernels.HYPER_SIZE];
  private final int[] clear = new int[1];

  /** An optimizer for {@code model}, with a little memory of its own in {@code arena}. */
  public Sgd(Backend backend, ModelState model, Settings settings, TensorArena arena) {
    this.backend = backend;
    this.model = model;
    this.settings = settings;
    hyper = arena.zeros(Shape.of(OptimizerKernels.HYPER_SIZE), DType.F32);
    foundInf = arena.zeros(Shape.of(1), DType.I32);
  }

  /**
   * Looks for gradients that are infinite or NaN.
   *
   * @return {@code [1]} I32, not 0 if there is one: what later updates of this step are gated by
   */
  public Tensor checkFinite() {
    backend.upload(clear, foundInf);
    backend.optimizer().checkFinite(model.gradients(), foundInf);
    return foundInf;
  }

  /**
   * Updates all weights, unless {@link #checkFinite} found one that is not finite.
   *
   * @param iteration updates before this one; 0 starts the momentum anew
   */
  public void step(float learningRate, long iteration) {
    hyperValues[OptimizerKernels.HYPER_RATE] = learningRate;
    hyperValues[OptimizerKernels.HYPER_MOMENTUM] = settings.momentum();
    hyperValues[OptimizerKernels.HYPER_DECAY] = settings.weightDecay();
    hyperValues[OptimizerKernels.HYPER_ITERATION] = iteration;
    hyperValues[OptimizerKernels.HYPER_UNSCALE] = 1;
    backend.upload(hyperValues, hyper);
    backend
        .optimizer()
        .sgd(
            model.decayed(model.weights()),
            model.decayed(model.momentum()),
            model.decayed(model.gradients()),
            null,
            hyper,
            new SgdParams(settings.form(), 0, false, true),
            foundInf);
    backend
        .optimizer()
        .sgd(
            model.undecayed(model.weights()),
            model.undecayed(model.momentum()),
            model.undecayed(model.gradients()),
            null,
            hyper,
            new SgdParams(settings.form(), 0, false, false),
            foundInf);
  }
}
