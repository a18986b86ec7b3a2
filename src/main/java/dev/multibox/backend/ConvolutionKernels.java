package dev.multibox.backend;

import dev.multibox.tensor.Shape;
import dev.multibox.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * 2-D convolution (cross-correlation, as every framework has it) and its gradients, over {@code x
 * [N, H, W, C]}, {@code filter [K, R, S, C / groups]}, {@code out [N, P, Q, K]}. These and their
 * gradients are all F32 or all F16, summed in F32 or more precisely; the bias is F32.
 */
public abstract class ConvolutionKernels {
  protected static final String FORWARD = "convolutionForward";
  protected static final String FORWARD_NORMALISED = "convolutionForwardNormalised";
  protected static final String BACKWARD_DATA = "convolutionBackwardData";
  protected static final String BACKWARD_FILTER = "convolutionBackwardFilter";

  /**
   * {@code out[n,p,q,k] = activation(bias[k] + sum_{r,s,c} x[n, p stride - pad + r dilation, ...,
   * c] filter[k,r,s,c])}, reading zeros outside of x. A sum that is NaN stays so without an
   * activation; whether one makes a number of it is left to the backend.
   *
   * @param bias {@code [K]} F32, or null for none
   * @param out overwritten
   */
  public final void forward(
      Tensor x,
      Tensor filter,
      @Nullable Tensor bias,
      Activation activation,
      ConvolutionParams params,
      Tensor out) {
    check(FORWARD, x, filter, params, out);
    if (bias != null) {
      Checks.channelVector(FORWARD, "bias", bias, out);
    }
    if (out.size() > 0) {
      runForward(x, filter, bias, activation, params, out);
    }
    out.markWritten();
  }

  /**
   * A convolution without bias and the batch norm of inference behind it in one pass: {@code out =
   * activation(gamma (z - mean) invStd + beta + residual)}, with {@code z} the convolution. NaN is
   * as in {@link #forward}.
   *
   * @param residual of out's shape, or null for none
   * @param out overwritten; not the residual
   */
  public final void forwardNormalised(
      Tensor x,
      Tensor filter,
      FixedNorm norm,
      @Nullable Tensor residual,
      Activation activation,
      ConvolutionParams params,
      Tensor out) {
    check(FORWARD_NORMALISED, x, filter, params, out);
    norm.check(FORWARD_NORMALISED, out);
    if (residual != null) {
      Checks.sameShape(FORWARD_NORMALISED, out, residual);
      Checks.sameFloat(FORWARD_NORMALISED, out, residual);
    }
    if (out.size() > 0) {
      runForwardNormalised(x, filter, norm, residual, activation, params, out);
    }
    out.markWritten();
  }

  /**
   * The gradient by the input: {@code dx[n,h,w,c]} is the sum of {@code dOut[n,p,q,k]
   * filter[k,r,s,c]} over all places where that product entered {@code out[n,p,q,k]}.
   */
  public final void backwardData(
      Tensor dOut, Tensor filter, ConvolutionParams params, Gradient dx) {
    check(BACKWARD_DATA, dx.tensor(), filter, params, dOut);
    if (dx.tensor().size() > 0) {
      runBackwardData(dOut, filter, params, dx);
    }
    dx.tensor().markWritten();
  }

  /**
   * The gradient by the filter: {@code dFilter[k,r,s,c] = sum_{n,p,q} dOut[n,p,q,k] x[n, p stride -
   * pad + r dilation, ..., c]}. The gradient by the bias is {@link
   * ElementwiseKernels#biasBackward}.
   */
  public final void backwardFilter(
      Tensor x, Tensor dOut, ConvolutionParams params, Gradient dFilter) {
    check(BACKWARD_FILTER, x, dFilter.tensor(), params, dOut);
    if (dFilter.tensor().size() > 0) {
      runBackwardFilter(x, dOut, params, dFilter);
    }
    dFilter.tensor().markWritten();
  }

  protected abstract void runForward(
      Tensor x,
      Tensor filter,
      @Nullable Tensor bias,
      Activation activation,
      ConvolutionParams params,
      Tensor out);

  protected abstract void runForwardNormalised(
      Tensor x,
      Tensor filter,
      FixedNorm norm,
      @Nullable Tensor residual,
      Activation activation,
      ConvolutionParams params,
      Tensor out);

  protected abstract void runBackwardData(
      Tensor dOut, Tensor filter, ConvolutionParams params, Gradient dx);

  protected abstract void runBackwardFilter(
      Tensor x, Tensor dOut, ConvolutionParams params, Gradient dFilter);

  private static void check(
      String op, Tensor x, Tensor filter, ConvolutionParams params, Tensor out) {
    Shape wanted = params.outputShape(x.shape(), filter.shape());
    Checks.shape(op, "out", out, wanted);
    Checks.sameFloat(op, x, filter, out);
  }
}
