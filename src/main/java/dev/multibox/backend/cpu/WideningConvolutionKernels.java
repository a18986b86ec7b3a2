package dev.multibox.backend.cpu;

import dev.multibox.backend.Activation;
import dev.multibox.backend.ConvertKernels;
import dev.multibox.backend.ConvolutionCall;
import dev.multibox.backend.ConvolutionKernels;
import dev.multibox.backend.ConvolutionParams;
import dev.multibox.backend.FixedNorm;
import dev.multibox.backend.Gradient;
import dev.multibox.tensor.DType;
import dev.multibox.tensor.Tensor;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Convolution of F16 by kernels that know F32 alone: what they read is widened, what they wrote is
 * rounded once. F32 goes straight through.
 *
 * <p>oneDNN has convolutions of F16, but only where the processor multiplies F16 itself, and there
 * their sums need not be F32.
 */
final class WideningConvolutionKernels extends ConvolutionKernels implements AutoCloseable {
  private final ConvolutionKernels kernels;
  private final ConvertKernels convert;
  private final WorkTensor first = new WorkTensor();
  private final WorkTensor second = new WorkTensor();
  private final WorkTensor third = new WorkTensor();
  private final WorkTensor result = new WorkTensor();

  WideningConvolutionKernels(ConvolutionKernels kernels, ConvertKernels convert) {
    this.kernels = kernels;
    this.convert = convert;
  }

  @Override
  protected void runForward(
      Tensor x,
      Tensor filter,
      @Nullable Tensor bias,
      Activation activation,
      ConvolutionParams params,
      Tensor out) {
    if (out.dtype() == DType.F32) {
      kernels.forward(x, filter, bias, activation, params, out);
      return;
    }
    Tensor wide = result.of(out.shape());
    kernels.forward(widened(first, x), widened(second, filter), bias, activation, params, wide);
    convert.convert(wide, out);
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
    if (out.dtype() == DType.F32) {
      kernels.forwardNormalised(x, filter, norm, residual, activation, params, out);
      return;
    }
    Tensor wide = result.of(out.shape());
    kernels.forwardNormalised(
        widened(first, x),
        widened(second, filter),
        norm,
        residual == null ? null : widened(third, residual),
        activation,
        params,
        wide);
    convert.convert(wide, out);
  }

  @Override
  protected void runBackwardData(
      Tensor dOut, Tensor filter, ConvolutionParams params, Gradient dx) {
    if (dOut.dtype() == DType.F32) {
      kernels.backwardData(dOut, filter, params, dx);
      return;
    }
    Gradient wide = widened(dx);
    kernels.backwardData(widened(first, dOut), widened(second, filter), params, wide);
    convert.convert(wide.tensor(), dx.tensor());
  }

  @Override
  protected void runBackwardFilter(
      Tensor x, Tensor dOut, ConvolutionParams params, Gradient dFilter) {
    if (x.dtype() == DType.F32) {
      kernels.backwardFilter(x, dOut, params, dFilter);
      return;
    }
    Gradient wide = widened(dFilter);
    kernels.backwardFilter(widened(first, x), widened(second, dOut), params, wide);
    convert.convert(wide.tensor(), dFilter.tensor());
  }

  /**
   * What these calls take beside their operands, one after the other.
   *
   * @param calls each with the addresses of its filters
   */
  long workspaceBytes(Map<ConvolutionCall, Set<Long>> calls) {
    Map<ConvolutionCall, Set<Long>> wide = new LinkedHashMap<>();
    long[] most = new long[4];
    calls.forEach((call, filters) -> {
      if (call.type() == DType.F32) {
        wide.put(call, filters);
      } else {
        // Whatever filter it is, it is widened to the same place.
        wide.put(call.with(DType.F32), Set.of(0L));
        long[] sizes = widenedSizes(call);
        Arrays.setAll(most, i -> Math.max(most[i], sizes[i]));
      }
    });
    long bytes = Arrays.stream(most).map(WorkTensor::bytes).sum();
    return kernels instanceof OneDnnConvolutionKernels oneDnn
        ? bytes + oneDnn.workspaceBytes(wide)
        : bytes;
  }

  /** Elements of the four tensors of a call of F16. */
  private static long[] widenedSizes(ConvolutionCall call) {
    long x = call.x().size();
    long filter = call.filter().size();
    long out = call.out().size();
    return switch (call.pass()) {
      case FORWARD -> new long[] {x, filter, 0, out};
      case FORWARD_NORMALISED -> new long[] {x, filter, call.bias() ? out : 0, out};
      case BACKWARD_DATA -> new long[] {out, filter, 0, x};
      case BACKWARD_FILTER -> new long[] {x, out, 0, filter};
    };
  }

  /** What was taken beside operands so far. */
  long workspaceBytes() {
    long bytes = first.bytes() + second.bytes() + third.bytes() + result.bytes();
    return kernels instanceof OneDnnConvolutionKernels oneDnn
        ? bytes + oneDnn.workspaceBytes()
        : bytes;
  }

  private Tensor widened(WorkTensor place, Tensor halves) {
    Tensor wide = place.of(halves.shape());
    convert.convert(halves, wide);
    return wide;
  }

  /** A gradient in F32 that overwrites or adds as the given one. */
  private Gradient widened(Gradient gradient) {
    Tensor wide =
        gradient.adds() ? widened(result, gradient.tensor()) : result.of(gradient.tensor().shape());
    return new Gradient(wide, gradient.accumulate());
  }

  @Override
  public void close() {
    first.close();
    second.close();
    third.close();
    result.close();
    if (kernels instanceof OneDnnConvolutionKernels oneDnn) {
      oneDnn.close();
    }
  }

  /** For example {@code oneDNN 3.11.0}. */
  @Override
  public String toString() {
    return kernels.toString();
  }
}
