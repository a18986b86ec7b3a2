package dev.multibox.autograd;

import dev.multibox.backend.Activation;
import dev.multibox.backend.L2NormKernels;
import dev.multibox.tensor.Tensor;

/**
 * What stands between tensors that are kept and the value of a {@link Variable}. A variable that
 * has one can make its value as often as it is asked to; a consumer that applies it while it reads
 * need not ask.
 */
sealed interface Pending {
  /** The value, in a tensor of {@code tape}. */
  Tensor apply(Tape tape);

  /**
   * A normalisation, shift and activation: {@code activation(gamma (x - mean) invStd + beta)}.
   *
   * @param x what is to be normalised
   * @param mean {@code [C]}
   * @param invStd {@code [C]}
   * @param gamma {@code [C]}, the scale
   * @param beta {@code [C]}, the shift
   * @param activation applied last
   */
  record BatchNorm(
      Tensor x, Tensor mean, Tensor invStd, Tensor gamma, Tensor beta, Activation activation)
      implements Pending {
    @Override
    public Tensor apply(Tape tape) {
      Tensor value = tape.allocate(x.shape(), x.dtype());
      tape.backend().batchNorm().apply(x, mean, invStd, gamma, beta, null, activation, value);
      return value;
    }
  }

  /**
   * A normalisation of each pixel, by {@link L2NormKernels#forward}.
   *
   * @param x what is to be normalised
   * @param scale {@code [C]}
   * @param guard what keeps the divisor from being zero
   * @param epsilon how large that is
   * @param norm {@code [rows]}, written again as it was
   */
  record L2Norm(Variable x, Tensor scale, L2NormKernels.Guard guard, float epsilon, Tensor norm)
      implements Pending {
    @Override
    public Tensor apply(Tape tape) {
      Tensor value = tape.allocate(x.shape(), x.dtype());
      tape.backend().l2Norm().forward(x.value(), scale, guard, epsilon, norm, value);
      return value;
    }
  }
}
