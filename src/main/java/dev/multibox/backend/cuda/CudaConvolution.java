package dev.multibox.backend.cuda;

import dev.multibox.backend.BatchNormKernels;
import dev.multibox.backend.ConvertKernels;
import dev.multibox.backend.ConvolutionCall;
import dev.multibox.backend.ConvolutionKernels;
import dev.multibox.backend.ElementwiseKernels;
import dev.multibox.backend.cuda.driver.Driver;
import dev.multibox.backend.cuda.driver.Stream;
import java.util.Collection;

/**
 * Convolution on the device memory and the stream of one {@link CudaBackend}, which closes it. The
 * one family that is a library's and not ours.
 */
public abstract class CudaConvolution extends ConvolutionKernels implements AutoCloseable {
  /**
   * What a convolution works in.
   *
   * @param driver whose memory it is
   * @param stream in whose order everything is done
   * @param workspace what all that stands on the stream works in, one after the other
   * @param elementwise for biases and activations that the library cannot do along
   * @param batchNorm for a batch norm behind it
   * @param convert for biases in the type that the library wants
   */
  public record Setting(
      Driver driver,
      Stream stream,
      CudaWorkspace workspace,
      ElementwiseKernels elementwise,
      BatchNormKernels batchNorm,
      ConvertKernels convert) {}

  /** Makes the convolution of a backend that is being opened. */
  @FunctionalInterface
  public interface Source {
    CudaConvolution open(Setting setting);
  }

  /**
   * The most device memory that any of these calls takes beside its operands; may plan them.
   *
   * @param calls as a step asks for them
   */
  public long workspaceBytes(Collection<ConvolutionCall> calls) {
    return 0;
  }

  /** What convolves, with its version, for a user. */
  public abstract String description();

  @Override
  public abstract void close();
}
