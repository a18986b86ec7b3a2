package dev.multibox.autograd;

import dev.multibox.tensor.Tensor;

/**
 * What a batch norm found out about its batch.
 *
 * @param mean {@code [C]} F32
 * @param invStd {@code [C]} F32
 */
record Moments(Tensor mean, Tensor invStd) {}
