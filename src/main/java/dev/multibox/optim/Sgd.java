package dev.multibox.optim;

import dev.multibox.backend.Backend;
import dev.multibox.backend.Gradient;
import dev.multibox.backend.OptimizerKernels;
import dev.multibox.backend.SgdParams;
import dev.multibox.nn.ModelState;
import dev.multibox.nn.Parameter.Role;
import dev.multibox.tensor.DType;
import dev.multibox.tensor.Shape;
import dev.multibox.tensor.Tensor;
import dev.multibox.tensor.TensorArena;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

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
  private final GradScaler scaler;
  private final int batches;
  private final Map<Role, Tensor> sums = new EnumMap<>(Role.class);
  private final Tensor hyper; // [roles, HYPER_SIZE]
  private final float[] hyperValues;

  /** An optimizer for {@code model}, with a little memory of its own in {@code arena}. */
  public Sgd(Backend backend, ModelState model, Settings settings, TensorArena arena) {
    this(backend, model, settings, GradScaler.constant(backend, arena), 1, arena);
  }

  /**
   * An optimizer whose updates are gated and unscaled by {@code scaler}.
   *
   * @param batches how many gradients make an update by their mean; those in F16 are summed in
   *     slabs of F32 by {@link #collect}
   */
  public Sgd(
      Backend backend,
      ModelState model,
      Settings settings,
      GradScaler scaler,
      int batches,
      TensorArena arena) {
    this.backend = backend;
    this.model = model;
    this.settings = settings;
    this.scaler = scaler;
    this.batches = batches;
    Shape perRole = Shape.of(ROLES.size(), OptimizerKernels.HYPER_SIZE);
    hyper = arena.zeros(perRole, DType.F32);
    hyperValues = new float[Math.toIntExact(perRole.size())];
    for (Role role : ROLES) {
      Tensor gradients = model.range(role).gradients();
      if (batches > 1 && gradients.dtype() == DType.F16) {
        sums.put(role, arena.zeros(gradients.shape(), DType.F32));
      }
    }
  }

  /**
   * Starts the gradients of a batch: those that are summed elsewhere, and all of the first batch,
   * overwrite.
   *
   * @param batch counted from 0 in an update
   */
  public void begin(int batch) {
    if (batch == 0) {
      model.resetGradients();
    } else {
      sums.keySet().forEach(model::resetGradients);
    }
  }

  /** Sums the gradients of a batch that are F16. */
  public void collect(int batch) {
    sums.forEach((role, sum) -> {
      Gradient into = batch == 0 ? Gradient.overwrite(sum) : Gradient.add(sum);
      backend.elementwise().accumulate(model.range(role).gradients(), into);
    });
  }

  /** Gradients of one batch, or the sum of several. */
  private Tensor gradients(Role role) {
    return sums.getOrDefault(role, model.range(role).gradients());
  }

  /**
   * Looks for gradients that are infinite or NaN.
   *
   * @return {@code [1]} I32, not 0 if there is one: what later updates of this step are gated by;
   *     {@link GradScaler#update} clears it
   */
  public Tensor checkFinite() {
    for (Role role : ROLES) {
      backend.optimizer().checkFinite(gradients(role), scaler.foundInf());
    }
    return scaler.foundInf();
  }

  /**
   * Tells the device what the next update needs to know.
   *
   * @param iteration updates before this one; 0 starts the momentum anew
   */
  public void prepare(float learningRate, long iteration) {
    for (int i = 0; i < ROLES.size(); i++) {
      int at = i * OptimizerKernels.HYPER_SIZE;
      hyperValues[at + OptimizerKernels.HYPER_RATE] = settings.rate(ROLES.get(i), learningRate);
      hyperValues[at + OptimizerKernels.HYPER_MOMENTUM] = settings.momentum();
      hyperValues[at + OptimizerKernels.HYPER_DECAY] = settings.weightDecay();
      hyperValues[at + OptimizerKernels.HYPER_ITERATION] = iteration;
      hyperValues[at + OptimizerKernels.HYPER_UNSCALE] = 1f / batches;
    }
    backend.send(hyperValues, hyper);
  }

  /** Updates all weights, unless {@link #checkFinite} found a gradient that is not finite. */
  public void update() {
    for (int i = 0; i < ROLES.size(); i++) {
      Role role = ROLES.get(i);
      ModelState.Range range = model.range(role);
      backend
          .optimizer()
          .sgd(
              range.weights(),
              range.momentum(),
              gradients(role),
              range.copies(),
              hyper.get(i),
              scaler.scale(),
              new SgdParams(settings.form(), 0, false, settings.decays(role)),
              scaler.foundInf());
    }
  }

  /** {@link #prepare} and {@link #update}. */
  public void step(float learningRate, long iteration) {
    prepare(learningRate, iteration);
    update();
  }
}
