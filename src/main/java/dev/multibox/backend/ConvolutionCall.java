package dev.multibox.backend;

import dev.multibox.tensor.DType;
import dev.multibox.tensor.Shape;
import java.util.Locale;

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

  /** A call without bias and activation, whose result overwrites. */
  public static ConvolutionCall plain(
      Pass pass, DType type, Shape x, Shape filter, ConvolutionParams params) {
    return new ConvolutionCall(
        pass, x, filter, params, type, false, Activation.NONE, Accumulate.OVERWRITE);
  }

  /** This call with a bias and then an activation. */
  public ConvolutionCall withBias(Activation behind) {
    return new ConvolutionCall(pass, x, filter, params, type, true, behind, accumulate);
  }

  /** This call with its result treated so. */
  public ConvolutionCall with(Accumulate other) {
    return new ConvolutionCall(pass, x, filter, params, type, bias, activation, other);
  }

  /** This call of tensors of another type. */
  public ConvolutionCall with(DType other) {
    return new ConvolutionCall(pass, x, filter, params, other, bias, activation, accumulate);
  }

  /** This call for so many images. */
  public ConvolutionCall withImages(long images) {
    Shape part = Shape.of(images, x.dim(1), x.dim(2), x.dim(3));
    return new ConvolutionCall(pass, part, filter, params, type, bias, activation, accumulate);
  }

  /** {@code [N, P, Q, K]}, the output or the gradient by it. */
  public Shape out() {
    return params.outputShape(x, filter);
  }

  /**
   * All of it in one line, for example {@code forward f16 x[8,38,38,256] w[512,3,3,256] s1x1 p1x1
   * d1x1 g1 bias relu}.
   */
  public String label() {
    return String.format(
        Locale.ROOT,
        "%s %s x%s w%s s%dx%d p%dx%d d%dx%d g%d%s%s%s",
        pass.name().toLowerCase(Locale.ROOT),
        type.suffix(),
        x.toString().replace(" ", ""),
        filter.toString().replace(" ", ""),
        params.strideHeight(),
        params.strideWidth(),
        params.padHeight(),
        params.padWidth(),
        params.dilationHeight(),
        params.dilationWidth(),
        params.groups(),
        bias ? " bias" : "",
        activation == Activation.NONE ? "" : " " + activation.name().toLowerCase(Locale.ROOT),
        accumulate == Accumulate.ADD ? " adds" : "");
  }
}
