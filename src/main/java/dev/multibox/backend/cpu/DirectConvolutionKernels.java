package dev.multibox.backend.cpu;

import dev.multibox.backend.Activation;
import dev.multibox.backend.ConvolutionKernels;
import dev.multibox.backend.ConvolutionParams;
import dev.multibox.backend.Gradient;
import dev.multibox.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/** Stub. */
final class DirectConvolutionKernels extends ConvolutionKernels {
  @SuppressWarnings("UnusedVariable")
  private final Parallel parallel;

  DirectConvolutionKernels(Parallel parallel) {
    this.parallel = parallel;
  }

  @Override
  protected void runForward(
      Tensor x,
      Tensor filter,
      @Nullable Tensor bias,
      Activation activation,
      ConvolutionParams params,
      Tensor out) {
    throw new UnsupportedOperationException();
  }

  @Override
  protected void runBackwardData(
      Tensor dOut, Tensor filter, ConvolutionParams params, Gradient dx) {
    throw new UnsupportedOperationException();
  }

  @Override
  protected void runBackwardFilter(
      Tensor x, Tensor dOut, ConvolutionParams params, Gradient dFilter) {
    throw new UnsupportedOperationException();
  }
}
