package dev.multibox.backend.dry;

import dev.multibox.backend.Accumulate;
import dev.multibox.backend.Activation;
import dev.multibox.backend.ConvolutionCall;
import dev.multibox.backend.ConvolutionCall.Pass;
import dev.multibox.backend.ConvolutionKernels;
import dev.multibox.backend.ConvolutionParams;
import dev.multibox.backend.FixedNorm;
import dev.multibox.backend.Gradient;
import dev.multibox.tensor.Tensor;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Lists what is asked of it, and tells of the tensors of each call. */
final class DryConvolutionKernels extends ConvolutionKernels {
  private final Touches touches;
  private final Map<ConvolutionCall, Set<Long>> calls = new LinkedHashMap<>();

  DryConvolutionKernels(Touches touches) {
    this.touches = touches;
  }

  /** Every different call so far, in order, with the addresses of its filters. */
  Map<ConvolutionCall, Set<Long>> calls() {
    return Collections.unmodifiableMap(calls);
  }

  private void add(ConvolutionCall call, Tensor filter) {
    calls.computeIfAbsent(call, _ -> new LinkedHashSet<>()).add(filter.address());
  }

  @Override
  protected void runForward(
      Tensor x,
      Tensor filter,
      @Nullable Tensor bias,
      Activation activation,
      ConvolutionParams params,
      Tensor out) {
    forward(Pass.FORWARD, x, filter, bias, activation, params);
    touches.tell(x, filter, bias, out);
  }

  @Override
  protected void runForwardNormalised(
      Tensor x,
      Tensor filter,
      FixedNorm norm,
      @Nullable Tensor residual,
      Activation activation,
      ConvolutionParams params,
      Tensor out) {
    forward(Pass.FORWARD_NORMALISED, x, filter, residual, activation, params);
    touches.tell(x, filter, norm.mean(), norm.invStd(), norm.gamma(), norm.beta(), residual, out);
  }

  private void forward(
      Pass pass,
      Tensor x,
      Tensor filter,
      @Nullable Tensor added,
      Activation activation,
      ConvolutionParams params) {
    add(
        new ConvolutionCall(
            pass,
            x.shape(),
            filter.shape(),
            params,
            x.dtype(),
            added != null,
            activation,
            Accumulate.OVERWRITE),
        filter);
  }

  @Override
  protected void runBackwardData(
      Tensor dOut, Tensor filter, ConvolutionParams params, Gradient dx) {
    backward(Pass.BACKWARD_DATA, dx.tensor(), filter, params, dOut, dx.accumulate());
  }

  @Override
  protected void runBackwardFilter(
      Tensor x, Tensor dOut, ConvolutionParams params, Gradient dFilter) {
    backward(Pass.BACKWARD_FILTER, x, dFilter.tensor(), params, dOut, dFilter.accumulate());
  }

  private void backward(
      Pass pass,
      Tensor x,
      Tensor filter,
      ConvolutionParams params,
      Tensor dOut,
      Accumulate accumulate) {
    add(
        new ConvolutionCall(
            pass, x.shape(), filter.shape(), params, x.dtype(), false, Activation.NONE, accumulate),
        filter);
    touches.tell(x, filter, dOut);
  }
}
