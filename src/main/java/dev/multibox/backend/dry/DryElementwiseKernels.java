package dev.multibox.backend.dry;

import dev.multibox.backend.Activation;
import dev.multibox.backend.ElementwiseKernels;
import dev.multibox.backend.Gradient;
import dev.multibox.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/** Tells of the tensors of each call. */
final class DryElementwiseKernels extends ElementwiseKernels {
  private final Touches touches;

  DryElementwiseKernels(Touches touches) {
    this.touches = touches;
  }

  @Override
  protected void runFill(Tensor out, float value) {
    touches.tell(out);
  }

  @Override
  protected void runAdd(Tensor a, Tensor b, Activation activation, Tensor out) {
    touches.tell(a, b, out);
  }

  @Override
  protected void runAccumulate(Tensor dOut, Gradient dx) {
    touches.tell(dOut, dx.tensor());
  }

  @Override
  protected void runActivation(Tensor x, Activation activation, Tensor out) {
    touches.tell(x, out);
  }

  @Override
  protected void runActivationBackward(Tensor y, Activation activation, Tensor dOut, Gradient dx) {
    touches.tell(y, dOut, dx.tensor());
  }

  @Override
  protected void runBias(Tensor x, Tensor bias, Activation activation, Tensor out) {
    touches.tell(x, bias, out);
  }

  @Override
  protected void runBiasBackward(
      Tensor y, Activation activation, Tensor dOut, @Nullable Tensor dz, Gradient dBias) {
    touches.tell(activation == Activation.NONE ? null : y, dOut, dz, dBias.tensor());
  }

  @Override
  protected void runMaskedActivation(Tensor x, Activation activation, Tensor out, Tensor mask) {
    touches.tell(x, out, mask);
  }

  @Override
  protected void runMaskedActivationBackward(Tensor mask, Tensor dOut, Gradient dx) {
    touches.tell(mask, dOut, dx.tensor());
  }

  @Override
  protected void runMaskedBias(
      Tensor x, Tensor bias, Activation activation, Tensor out, Tensor mask) {
    touches.tell(x, bias, out, mask);
  }

  @Override
  protected void runMaskedBiasBackward(Tensor mask, Tensor dOut, Tensor dz, Gradient dBias) {
    touches.tell(mask, dOut, dz, dBias.tensor());
  }

  @Override
  protected void runScaleChannels(Tensor x, Tensor scale, Tensor out) {
    touches.tell(x, scale, out);
  }

  @Override
  protected void runScaleChannelsBackward(
      Tensor x, Tensor scale, Tensor dOut, @Nullable Gradient dx, @Nullable Gradient dScale) {
    touches.tell(x, scale, dOut, tensorOf(dx), tensorOf(dScale));
  }

  @Override
  protected void runJoinChannels(Tensor a, long fromA, Tensor b, long fromB, Tensor out) {
    touches.tell(a, b, out);
  }

  @Override
  protected void runJoinChannelsBackward(Tensor dOut, long first, long count, Gradient part) {
    touches.tell(dOut, part.tensor());
  }

  @Override
  protected void runSum(Tensor x, Tensor sum) {
    touches.tell(x, sum);
  }

  private static @Nullable Tensor tensorOf(@Nullable Gradient gradient) {
    return gradient == null ? null : gradient.tensor();
  }
}
