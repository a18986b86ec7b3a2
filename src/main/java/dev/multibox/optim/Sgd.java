package dev.multibox.optim;

import dev.multibox.backend.Backend;
import dev.multibox.backend.OptimizerKernels;
import dev.multibox.backend.SgdParams;
import dev.multibox.nn.ModelState;
import dev.multibox.nn.Parameter.Role;
import dev.multibox.tensor.DType;
import dev.multibox.tensor.Shape;
import dev.multibox.tensor.Tensor;
import dev.multibox.tensor.TensorArena;
import java.util.List;

/**
 * Stochastic gradient descent with momentum and weight decay over a model's slabs: one update for
 * the parameters of each role. A step whose gradients are not all finite changes nothing.
 */
public final class Sgd {
  /** Which parameters weight decay pulls to zero. */
  public enum Decay {
    /** Filters alone: Caffe's SSD, NVIDIA. */
    WEIGHTS,
    /** All: torchvision, ssd.pytorch, lufficc's, MMDetection. */
    ALL
  }

  /**
   * What stays the same over a run.
   *
   * @param momentum the momentum factor, 0.9 in SSD
   * @param weightDecay the factor of decayed parameters in their gradient, 5e-4 in SSD
   * @param form where the learning rate stands
   * @param decay which parameters are decayed
   * @param biasRate what the learning rate of convolutions' biases is multiplied by: 2 in Caffe's
   *     SSD, else 1
   */
  public record Settings(
      float momentum, float weightDecay, SgdParams.MomentumForm form, Decay decay, float biasRate) {

    /** The same with another decay. */
    public Settings withWeightDecay(float factor) {
      return new Settings(momentum, factor, form, decay, biasRate);
    }

    private boolean decays(Role role) {
      return decay == Decay.ALL || role == Role.WEIGHT;
    }

    private float rate(Role role, float learningRate) {
      return role == Role.BIAS ? biasRate * learningRate : learningRate;
    }
  }

  private static final List<Role> ROLES = List.of(Role.values());

  private final Backend backend;
  private final ModelState model;
  private final Settings settings;
  private final Tensor hyper; // [roles, HYPER_SIZE]
  private final Tensor lossScale;
  private final Tensor foundInf;
  private final float[] hyperValues;
  private final int[] clear = new int[1];

  /** An optimizer for {@code model}, with a little memory of its own in {@code arena}. */
  public Sgd(Backend backend, ModelState model, Settings settings, TensorArena arena) {
    this.backend = backend;
    this.model = model;
    this.settings = settings;
    Shape perRole = Shape.of(ROLES.size(), OptimizerKernels.HYPER_SIZE);
    hyper = arena.zeros(perRole, DType.F32);
    hyperValues = new float[Math.toIntExact(perRole.size())];
    lossScale = arena.zeros(Shape.of(1), DType.F32);
    backend.upload(new float[] {1}, lossScale);
    foundInf = arena.zeros(Shape.of(1), DType.I32);
  }

  /**
   * Looks for gradients that are infinite or NaN.
   *
   * @return {@code [1]} I32, not 0 if there is one: what later updates of this step are gated by
   */
  public Tensor checkFinite() {
    backend.upload(clear, foundInf);
    for (Role role : ROLES) {
      backend.optimizer().checkFinite(model.range(role).gradients(), foundInf);
    }
    return foundInf;
  }

  /**
   * Updates all weights, unless {@link #checkFinite} found one that is not finite.
   *
   * @param iteration updates before this one; 0 starts the momentum anew
   */
  public void step(float learningRate, long iteration) {
    for (int i = 0; i < ROLES.size(); i++) {
      int at = i * OptimizerKernels.HYPER_SIZE;
      hyperValues[at + OptimizerKernels.HYPER_RATE] = settings.rate(ROLES.get(i), learningRate);
      hyperValues[at + OptimizerKernels.HYPER_MOMENTUM] = settings.momentum();
      hyperValues[at + OptimizerKernels.HYPER_DECAY] = settings.weightDecay();
      hyperValues[at + OptimizerKernels.HYPER_ITERATION] = iteration;
      hyperValues[at + OptimizerKernels.HYPER_UNSCALE] = 1;
    }
    backend.upload(hyperValues, hyper);
    for (int i = 0; i < ROLES.size(); i++) {
      ModelState.Range range = model.range(ROLES.get(i));
      backend
          .optimizer()
          .sgd(
              range.weights(),
              range.momentum(),
              range.gradients(),
              range.copies(),
              hyper.get(i),
              lossScale,
              new SgdParams(settings.form(), 0, false, settings.decays(ROLES.get(i))),
              foundInf);
    }
  }
}
