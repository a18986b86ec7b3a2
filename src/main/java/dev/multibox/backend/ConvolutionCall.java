package dev.multibox.backend;

import dev.multibox.tensor.DType;
import dev.multibox.tensor.Shape;

/**
 * One convolution that a step runs, as {@link ConvolutionKernels} is asked for it, without its
 * tensors: what a plan of how to compute it can depend on.
 *
 * @param pass forward, or which gradient
 * @param x {@code [N, H, W, C]}, the input or the gradient by it
 * @param filter {@code [K, R, S, C / groups]}, or the gradient by it
 * @param params how the filter is laid over the input
 * @param type of all of them, F32 or F16
 * @param bias whether forward adds a bias, or normalised forward a residual
 * @param activation what forward applies last
 * @param accumulate what a gradient does with its buffer; forward overwrites
 */
public record ConvolutionCall(
    Pass pass,
    Shape x,
    Shape filter,
    ConvolutionParams params,
    DType type,
    boolean bias,
    Activation activation,
    Accumulate accumulate) {

  /** What is computed from what. */
  public enum Pass {
    /** The output from input and filter. */
    FORWARD,
    /** The same, with the batch norm of inference behind it. */
    FORWARD_NORMALISED,
    /** The gradient by the input. */
    BACKWARD_DATA,
    /** The gradient by the filter. */
    BACKWARD_FILTER
  }

  /** {@code [N, P, Q, K]}, the output or the gradient by it. */
  public Shape out() {
    return params.outputShape(x, filter);
  }
}
