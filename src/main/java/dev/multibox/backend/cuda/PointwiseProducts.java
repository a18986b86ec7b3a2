package dev.multibox.backend.cuda;

import dev.multibox.backend.Accumulate;
import dev.multibox.backend.ConvolutionCall;
import dev.multibox.backend.ConvolutionCall.Pass;
import dev.multibox.backend.ConvolutionParams;
import dev.multibox.backend.cuda.driver.CublasApi;
import dev.multibox.tensor.DType;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The gradients by the input of convolutions with a 1x1 filter, as products of matrices by cuBLAS:
 * {@code dx = dy w}, with {@code dy [N H W, K]}, {@code w [K, C]} and {@code dx [N H W, C]} where
 * they lie. In F32 without TF32 cuDNN does the larger of these by the engine that it falls back to.
 * Everything else about 1x1 filters it does well, a bias and a ReLU along.
 */
final class PointwiseProducts implements AutoCloseable {
  /** What cuBLAS takes by itself on a Hopper, the most of all GPUs. */
  static final long WORKSPACE_BYTES = 32L << 20;

  private static final ConvolutionParams PLAIN = ConvolutionParams.of(1, 0);

  private final Supplier<CublasApi> source;
  private final boolean tf32;
  private @Nullable CublasApi opened;

  /**
   * Products in F32.
   *
   * @param source opens cuBLAS, which is done at the first product: few computations have one
   * @param tf32 whether factors may be rounded to TF32, in which case there are none
   */
  PointwiseProducts(Supplier<CublasApi> source, boolean tf32) {
    this.source = source;
    this.tf32 = tf32;
  }

  /** Whether a call is such a product. */
  boolean does(ConvolutionCall call) {
    return !tf32
        && call.pass() == Pass.BACKWARD_DATA
        && call.type() == DType.F32
        && call.filter().dim(1) == 1
        && call.filter().dim(2) == 1
        && call.params().withDilation(1).equals(PLAIN)
        && rows(call) <= Integer.MAX_VALUE;
  }

  private static long rows(ConvolutionCall call) {
    return call.x().dim(0) * call.x().dim(1) * call.x().dim(2);
  }

  /** Puts the product on the stream, in a workspace of {@link #WORKSPACE_BYTES}. */
  void run(ConvolutionCall call, long dOut, long filter, long dx, long workspace) {
    CublasApi cublas = cublas();
    cublas.setWorkspace(workspace, WORKSPACE_BYTES);
    cublas.multiply(
        Math.toIntExact(rows(call)),
        call.filter().intDim(3),
        call.filter().intDim(0),
        dOut,
        filter,
        dx,
        call.accumulate() == Accumulate.ADD,
        false);
  }

  private CublasApi cublas() {
    CublasApi api = opened;
    if (api == null) {
      api = source.get();
      opened = api;
    }
    return api;
  }

  @Override
  public void close() {
    if (opened != null) {
      opened.close();
    }
  }
}
