package dev.multibox.nn;

import dev.multibox.autograd.BatchNormOps;
import dev.multibox.tensor.Shape;

/** What a batch norm learns and keeps, for the fused units it is part of. */
public final class BatchNorm {
  /** PyTorch's epsilon. */
  public static final float EPSILON = 1e-5f;

  /** PyTorch's momentum: the weight of a batch in the running averages. */
  public static final float MOMENTUM = 0.1f;

  private final Parameter gamma;
  private final Parameter beta;
  private final Buffer runningMean;
  private final Buffer runningVariance;
  private final float epsilon;
  private final float momentum;

  /** Starts as the identity: scale 1, shift 0, running mean 0 and variance 1. */
  public BatchNorm(Scope scope, long channels, float epsilon, float momentum) {
    Shape perChannel = Shape.of(channels);
    gamma = scope.scale("weight", perChannel, Initializer.constant(1));
    beta = scope.scale("bias", perChannel, Initializer.constant(0));
    runningMean = scope.buffer("running_mean", perChannel, 0);
    runningVariance = scope.buffer("running_var", perChannel, 1);
    this.epsilon = epsilon;
    this.momentum = momentum;
  }

  /** Values learned: scale and shift. */
  long parameterCount() {
    return gamma.shape().size() + beta.shape().size();
  }

  /** The scale, {@code [C]}. */
  public Parameter gamma() {
    return gamma;
  }

  /** The shift, {@code [C]}. */
  public Parameter beta() {
    return beta;
  }

  public Buffer runningMean() {
    return runningMean;
  }

  public Buffer runningVariance() {
    return runningVariance;
  }

  /** What is added to the variance. */
  public float epsilon() {
    return epsilon;
  }

  /** What the ops take. */
  public BatchNormOps.BatchNorm op() {
    return new BatchNormOps.BatchNorm(
        gamma.variable(),
        beta.variable(),
        runningMean.value(),
        runningVariance.value(),
        epsilon,
        momentum);
  }
}
