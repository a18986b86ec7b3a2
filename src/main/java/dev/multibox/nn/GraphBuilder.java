package dev.multibox.nn;

import dev.multibox.backend.Activation;
import dev.multibox.backend.ConvolutionParams;
import dev.multibox.backend.L2NormKernels;
import dev.multibox.backend.PoolingParams;
import org.jspecify.annotations.Nullable;

/**
 * Builds another form of a network, op by op, as its layers say what they compute in inference (see
 * {@link Layer#appendTo}). There is one method for each op that a layer may be made of, so that a
 * layer with a new one does not compile until every builder knows it. Formulas are those of the
 * {@code *Kernels} of the op's family.
 *
 * @param <V> what stands for a feature map; how it is laid out is the builder's affair
 */
public interface GraphBuilder<V> {
  /**
   * A convolution.
   *
   * @param filter {@code [K, R, S, C / groups]}
   * @param bias {@code [K]}, or null for none
   */
  V convolution(V x, Parameter filter, @Nullable Parameter bias, ConvolutionParams params);

  /** {@code gamma (x - mean) / sqrt(variance + epsilon) + beta} by the running statistics. */
  V batchNorm(V x, BatchNorm norm);

  /** A pointwise function. */
  V activation(V x, Activation activation);

  /** The sum of two maps of one shape. */
  V add(V x, V y);

  V maxPool(V x, PoolingParams params);

  /** The mean of each channel of each image, a map of one pixel. */
  V globalAverage(V x);

  /** Each channel of {@code x} times that of {@code scale}, a map of one pixel. */
  V scaleChannels(V x, V scale);

  /** The channels of {@code y} behind those of {@code x}. */
  V joinChannels(V x, V y);

  /**
   * Every pixel divided by its norm over channels and scaled.
   *
   * @param scale {@code [C]}
   */
  V l2Norm(V x, Parameter scale, L2NormKernels.Guard guard, float epsilon);
}
