package dev.multibox.backend.cpu;

import dev.multibox.backend.Activation;
import dev.multibox.backend.ElementwiseKernels;
import dev.multibox.backend.Gradient;
import dev.multibox.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/** Stub. */
final class CpuElementwiseKernels extends ElementwiseKernels {
  @SuppressWarnings("UnusedVariable")
  private final Parallel parallel;

  CpuElementwiseKernels(Parallel parallel) {
    this.parallel = parallel;
  }

  @Override
  protected void runFill(Tensor out, float value) {
    throw new UnsupportedOperationException();
  }

  @Override
  protected void runAdd(Tensor a, Tensor b, Activation activation, Tensor out) {
    throw new UnsupportedOperationException();
  }

  @Override
  protected void runAccumulate(Tensor dOut, Gradient dx) {
    throw new UnsupportedOperationException();
  }

  @Override
  protected void runActivation(Tensor x, Activation activation, Tensor out) {
    throw new UnsupportedOperationException();
  }

  @Override
  protected void runActivationBackward(Tensor y, Activation activation, Tensor dOut, Gradient dx) {
    throw new UnsupportedOperationException();
  }

  @Override
  protected void runBias(Tensor x, Tensor bias, Activation activation, Tensor out) {
    throw new UnsupportedOperationException();
  }

  @Override
  protected void runBiasBackward(
      Tensor y, Activation activation, Tensor dOut, @Nullable Tensor dz, Gradient dBias) {
    throw new UnsupportedOperationException();
  }

  @Override
  protected void runSum(Tensor x, Tensor sum) {
    throw new UnsupportedOperationException();
  }
}
