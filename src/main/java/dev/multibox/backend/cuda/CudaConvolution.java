package dev.multibox.backend.cuda;

import dev.multibox.backend.ConvolutionKernels;
import dev.multibox.backend.cuda.driver.Driver;
import dev.multibox.backend.cuda.driver.Stream;

/**
 * Convolution on the device memory and the stream of one {@link CudaBackend}, which closes it. The
 * one family that is a library's and not ours.
 */
public abstract class CudaConvolution extends ConvolutionKernels implements AutoCloseable {
  /** Makes the convolution of a backend that is being opened. */
  @FunctionalInterface
  public interface Source {
    /** Convolution of what lies on {@code driver}, in the order of {@code stream}. */
    CudaConvolution open(Driver driver, Stream stream);
  }

  /** What convolves, with its version, for a user. */
  public abstract String description();

  @Override
  public abstract void close();
}
