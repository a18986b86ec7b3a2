package dev.multibox.backend.cuda;

import dev.multibox.backend.Activation;
import dev.multibox.backend.ConvolutionParams;
import dev.multibox.backend.FixedNorm;
import dev.multibox.backend.Gradient;
import dev.multibox.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/** Convolution where nothing is computed. */
final class DryConvolution extends CudaConvolution {
  @Override
  protected void runForward(
      Tensor x,
      Tensor filter,
      @Nullable Tensor bias,
      Activation activation,
      ConvolutionParams params,
      Tensor out) {
    // Whoever convolves says by itself what it needs.
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
    // As above.
  }

  @Override
  protected void runBackwardData(
      Tensor dOut, Tensor filter, ConvolutionParams params, Gradient dx) {
    // As above.
  }

  @Override
  protected void runBackwardFilter(
      Tensor x, Tensor dOut, ConvolutionParams params, Gradient dFilter) {
    // As above.
  }

  @Override
  public String description() {
    return "nothing";
  }

  @Override
  public void close() {
    // Nothing was opened.
  }
}
