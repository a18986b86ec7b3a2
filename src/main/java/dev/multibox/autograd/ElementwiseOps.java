package dev.multibox.autograd;

import dev.multibox.backend.Activation;
import dev.multibox.backend.ElementwiseKernels;
import dev.multibox.backend.Gradient;
import dev.multibox.tensor.Shape;
import dev.multibox.tensor.Tensor;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Rules of {@link ElementwiseKernels}. */
public final class ElementwiseOps {
  private ElementwiseOps() {}

  /** {@code activation(x)}. */
  public static Variable activation(Tape tape, Variable x, Activation activation) {
    ElementwiseKernels kernels = tape.backend().elementwise();
    Tensor y = tape.allocate(x.shape(), x.value().dtype());
    kernels.activation(x.value(), activation, y);
    return tape.record(
        "activation",
        List.of(x),
        y,
        List.of(),
        out -> {
          Tensor read = activation.readsInput() ? x.value() : y;
          kernels.activationBackward(read, activation, out.grad(), x.gradient());
        });
  }

  /** {@code a + b}. The gradient is the result's own, handed to one of them without a copy. */
  public static Variable add(Tape tape, Variable a, Variable b) {
    ElementwiseKernels kernels = tape.backend().elementwise();
    Tensor sum = tape.allocate(a.shape(), a.value().dtype());
    kernels.add(a.value(), b.value(), Activation.NONE, sum);
    return tape.record(
        "add",
        List.of(a, b),
        sum,
        List.of(),
        out -> {
          if (b.needsGradient()) {
            kernels.accumulate(out.grad(), b.gradient());
          }
          if (a.needsGradient()) {
            passOn(tape, out, a);
          }
        });
  }

  /** {@code activation(x + bias)}, the bias one for each channel. */
  public static Variable bias(Tape tape, Variable x, Variable bias, Activation activation) {
    if (tape.isTraining() && activation.readsInput()) {
      return activation(tape, bias(tape, x, bias, Activation.NONE), activation);
    }
    ElementwiseKernels kernels = tape.backend().elementwise();
    Tensor y = tape.allocate(x.shape(), x.value().dtype());
    kernels.bias(x.value(), bias.value(), activation, y);
    return tape.record(
        "bias",
        List.of(x, bias),
        y,
        List.of(),
        out -> {
          biasBackward(kernels, y, activation, out, bias);
          if (x.needsGradient()) {
            passOn(tape, out, x);
          }
        });
  }

  /** {@code x [N, H, W, C]} times {@code scale [N, 1, 1, C]}. */
  public static Variable scaleChannels(Tape tape, Variable x, Variable scale) {
    ElementwiseKernels kernels = tape.backend().elementwise();
    Tensor y = tape.allocate(x.shape(), x.value().dtype());
    kernels.scaleChannels(x.value(), scale.value(), y);
    return tape.record(
        "scaleChannels",
        List.of(x, scale),
        y,
        List.of(),
        out ->
            kernels.scaleChannelsBackward(
                x.value(), scale.value(), out.grad(), gradientOf(x), gradientOf(scale)));
  }

  /**
   * The first {@code fromA} channels of a, {@code fromB} of b behind them, and zeros up to {@code
   * channels}.
   */
  public static Variable joinChannels(
      Tape tape, Variable a, long fromA, Variable b, long fromB, long channels) {
    ElementwiseKernels kernels = tape.backend().elementwise();
    long[] dims = a.shape().dims();
    dims[dims.length - 1] = channels;
    Tensor y = tape.allocate(Shape.of(dims), a.value().dtype());
    kernels.joinChannels(a.value(), fromA, b.value(), fromB, y);
    return tape.record(
        "joinChannels",
        List.of(a, b),
        y,
        List.of(),
        out ->
            kernels.joinChannelsBackward(out.grad(), gradientOf(a), fromA, gradientOf(b), fromB));
  }

  private static @Nullable Gradient gradientOf(Variable input) {
    return input.needsGradient() ? input.gradient() : null;
  }

  /**
   * Turns the gradient behind an activation into the one before it, in place, and sums the bias's.
   */
  static void biasBackward(
      ElementwiseKernels kernels, Tensor y, Activation activation, Variable out, Variable bias) {
    Tensor dOut = out.grad();
    kernels.biasBackward(
        y, activation, dOut, activation == Activation.NONE ? null : dOut, bias.gradient());
  }

  /** Gives the result's gradient to an input whose gradient it is: handed over, or else added. */
  static void passOn(Tape tape, Variable out, Variable input) {
    Tensor dOut = out.takeGradient();
    if (!input.handOver(dOut)) {
      tape.backend().elementwise().accumulate(dOut, input.gradient());
      tape.memory().release(dOut);
    }
  }
}
