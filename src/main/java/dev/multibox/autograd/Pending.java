package dev.multibox.autograd;

import dev.multibox.backend.Activation;
import dev.multibox.tensor.Tensor;

/**
 * A normalisation, shift and activation that stand between a tensor and the value of a {@link
 * Variable}: {@code activation(gamma (x - mean) invStd + beta)}. A variable that has one can make
 * its value as often as it is asked to; a consumer that applies it while it reads x need not ask.
 *
 * @param x what is to be normalised
 * @param mean {@code [C]}
 * @param invStd {@code [C]}
 * @param gamma {@code [C]}, the scale
 * @param beta {@code [C]}, the shift
 * @param activation applied last
 */
record Pending(
    Tensor x, Tensor mean, Tensor invStd, Tensor gamma, Tensor beta, Activation activation) {
  /** The value, in a tensor of {@code tape}. */
  Tensor apply(Tape tape) {
    Tensor value = tape.allocate(x.shape(), x.dtype());
    tape.backend().batchNorm().apply(x, mean, invStd, gamma, beta, null, activation, value);
    return value;
  }
}
