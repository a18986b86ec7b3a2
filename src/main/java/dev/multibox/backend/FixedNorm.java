package dev.multibox.backend;

import dev.multibox.tensor.Tensor;

/**
 * A batch norm whose statistics are constants, as in inference: {@code gamma (z - mean) invStd +
 * beta} for each channel. All are {@code [C]} F32.
 *
 * @param mean the running mean
 * @param invStd of the running variance, by {@link BatchNormKernels#inverseStd}
 * @param gamma the scale
 * @param beta the shift
 */
public record FixedNorm(Tensor mean, Tensor invStd, Tensor gamma, Tensor beta) {
  void check(String op, Tensor out) {
    Checks.channelVector(op, "mean", mean, out);
    Checks.channelVector(op, "invStd", invStd, out);
    Checks.channelVector(op, "gamma", gamma, out);
    Checks.channelVector(op, "beta", beta, out);
  }
}
