package dev.multibox.autograd;

import dev.multibox.backend.Activation;
import dev.multibox.backend.ConvolutionKernels;
import dev.multibox.backend.ConvolutionParams;
import dev.multibox.backend.PoolingParams;
import dev.multibox.tensor.Tensor;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Rules of {@link ConvolutionKernels}. */
public final class ConvolutionOps {
  private ConvolutionOps() {}

  /** A convolution without bias. */
  public static Variable convolution(
      Tape tape, Variable x, Variable filter, ConvolutionParams params) {
    Tensor y = convolve(tape, x, filter, null, Activation.NONE, params);
    return tape.record(
        "convolution",
        List.of(x, filter),
        y,
        List.of(),
        out -> backward(tape, out.grad(), x, filter, params));
  }

  /**
   * The fused unit {@code activation(convolution(x) + bias)}. Its backward makes one pass over the
   * gradient for activation and bias together, in place. It reads the result, which the next
   * convolution needs anyway as its input: a mask of a bit an element would be a sixteenth more to
   * keep, and a pass of its own to write where the library adds the bias along.
   */
  public static Variable convBias(
      Tape tape,
      Variable x,
      Variable filter,
      Variable bias,
      Activation activation,
      ConvolutionParams params) {
    if (tape.isTraining() && activation.readsInput()) {
      Variable z = convBias(tape, x, filter, bias, Activation.NONE, params);
      return ElementwiseOps.activation(tape, z, activation);
    }
    Tensor y = convolve(tape, x, filter, bias, activation, params);
    return tape.record(
        "convBias",
        List.of(x, filter, bias),
        y,
        List.of(),
        out -> {
          ElementwiseOps.biasBackward(tape.backend().elementwise(), y, activation, out, bias);
          backward(tape, out.grad(), x, filter, params);
        });
  }

  /**
   * The fused unit {@code maxPool(activation(convolution(x) + bias))}. Where a maximum lay tells
   * where its gradient goes, and its value whether the activation passed it: what was pooled is not
   * kept, and the bias's gradient is summed over the fewer pooled places.
   */
  public static Variable convBiasMaxPool(
      Tape tape,
      Variable x,
      Variable filter,
      Variable bias,
      Activation activation,
      ConvolutionParams params,
      PoolingParams pool) {
    if (activation.readsInput()) {
      Variable y = convBias(tape, x, filter, bias, activation, params);
      return PoolingOps.maxPool(tape, y, pool);
    }
    Tensor y = convolve(tape, x, filter, bias, activation, params);
    PoolingOps.Pooled pooled = PoolingOps.pool(tape, y, pool);
    tape.release(y);
    return tape.record(
        "convBiasMaxPool",
        List.of(x, filter, bias),
        pooled.out(),
        pooled.saved(),
        out -> {
          ElementwiseOps.biasBackward(
              tape.backend().elementwise(), pooled.out(), activation, out, bias);
          Tensor dy = pooled.backward(tape, out.grad(), y);
          backward(tape, dy, x, filter, params);
          tape.release(dy);
        });
  }

  static Tensor convolve(
      Tape tape,
      Variable x,
      Variable filter,
      @Nullable Variable bias,
      Activation activation,
      ConvolutionParams params) {
    Tensor y = tape.allocate(params.outputShape(x.shape(), filter.shape()), x.dtype());
    tape.backend()
        .convolution()
        .forward(
            x.value(), filter.value(), bias == null ? null : bias.value(), activation, params, y);
    return y;
  }

  /** The gradients of a convolution's filter and input from that of its output. */
  static void backward(
      Tape tape, Tensor dOut, Variable x, Variable filter, ConvolutionParams params) {
    ConvolutionKernels kernels = tape.backend().convolution();
    if (filter.needsGradient()) {
      kernels.backwardFilter(x.value(), dOut, params, filter.gradient());
    }
    if (x.needsGradient()) {
      kernels.backwardData(dOut, filter.value(), params, x.gradient());
    }
  }
}
