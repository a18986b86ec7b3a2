package dev.multibox.autograd;

import dev.multibox.backend.Activation;
import dev.multibox.backend.ConvolutionKernels;
import dev.multibox.backend.ConvolutionParams;
import dev.multibox.tensor.Tensor;
import java.util.List;

/** Rules of {@link ConvolutionKernels}. */
public final class ConvolutionOps {
  private ConvolutionOps() {}

  /** A convolution without bias. */
  public static Variable convolution(
      Tape tape, Variable x, Variable filter, ConvolutionParams params) {
    ConvolutionKernels kernels = tape.backend().convolution();
    Tensor y = tape.allocate(params.outputShape(x.shape(), filter.shape()), x.value().dtype());
    kernels.forward(x.value(), filter.value(), null, Activation.NONE, params, y);
    return tape.record(
        "convolution",
        List.of(x, filter),
        y,
        List.of(),
        out -> backward(kernels, out.grad(), x, filter, params));
  }

  /**
   * The fused unit {@code activation(convolution(x) + bias)}. Its backward makes one pass over the
   * gradient for activation and bias together, in place.
   */
  public static Variable convBias(
      Tape tape,
      Variable x,
      Variable filter,
      Variable bias,
      Activation activation,
      ConvolutionParams params) {
    ConvolutionKernels kernels = tape.backend().convolution();
    Tensor y = tape.allocate(params.outputShape(x.shape(), filter.shape()), x.value().dtype());
    kernels.forward(x.value(), filter.value(), bias.value(), activation, params, y);
    return tape.record(
        "convBias",
        List.of(x, filter, bias),
        y,
        List.of(),
        out -> {
          ElementwiseOps.biasBackward(tape.backend().elementwise(), y, activation, out, bias);
          backward(kernels, out.grad(), x, filter, params);
        });
  }

  /** The gradients of a convolution's filter and input from that of its output. */
  static void backward(
      ConvolutionKernels kernels,
      Tensor dOut,
      Variable x,
      Variable filter,
      ConvolutionParams params) {
    if (filter.needsGradient()) {
      kernels.backwardFilter(x.value(), dOut, params, filter.gradient());
    }
    if (x.needsGradient()) {
      kernels.backwardData(dOut, filter.value(), params, x.gradient());
    }
  }
}
