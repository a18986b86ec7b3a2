package dev.multibox.backend;

/**
 * The form of stochastic gradient descent; what changes from step to step is in the tensor of
 * {@link OptimizerKernels#sgd}.
 *
 * @param momentumForm where the learning rate stands
 * @param dampening the part of a gradient that does not enter the momentum, 0 in SSD
 * @param nesterov whether to look ahead (Sutskever et al., 2013), as PyTorch writes it
 * @param decayed whether weight decay applies to this range of parameters
 */
public record SgdParams(
    MomentumForm momentumForm, float dampening, boolean nesterov, boolean decayed) {

  /** Where the learning rate stands; equal while it is constant, different after a change. */
  public enum MomentumForm {
    /** {@code v = momentum v + g; w -= rate v}: PyTorch. */
    RATE_OUTSIDE,
    /** {@code v = momentum v + rate g; w -= v}: Caffe and the paper. */
    RATE_INSIDE
  }

  public SgdParams {
    Checks.require(
        "sgd", dampening >= 0 && dampening <= 1, "dampening was %s, wanted 0 to 1", dampening);
    Checks.require(
        "sgd", !nesterov || dampening == 0, "nesterov needs a dampening of 0, was %s", dampening);
  }

  /** PyTorch's form without dampening and Nesterov. */
  public static SgdParams of(boolean decayed) {
    return new SgdParams(MomentumForm.RATE_OUTSIDE, 0, false, decayed);
  }
}
