package dev.multibox.backend;

import dev.multibox.tensor.DType;
import dev.multibox.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/** Max pooling over {@code x [N, H, W, C]}; x and out, dOut and dx are both F32 or both F16. */
public abstract class PoolingKernels {
  private static final String FORWARD = "maxPool";
  private static final String BACKWARD = "maxPoolBackward";

  /**
   * {@code out[n,p,q,c]} is the largest value of its window, the padding left out.
   *
   * @param out {@code [N, P, Q, C]} as {@link PoolingParams#outputShape} says, overwritten
   * @param argMax {@code [N, P, Q, C]} U8, overwritten with the place of the maximum in its window,
   *     {@code row * windowWidth + column}; the first one on ties; the first NaN where there is
   *     one; null in inference
   */
  public final void maxPool(Tensor x, PoolingParams params, Tensor out, @Nullable Tensor argMax) {
    Checks.shape(FORWARD, "out", out, params.outputShape(x.shape()));
    Checks.sameFloat(FORWARD, x, out);
    if (argMax != null) {
      Checks.sameShape(FORWARD, out, argMax);
      Checks.dtype(FORWARD, DType.U8, argMax);
      argMax.markWritten();
    }
    runMaxPool(x, params, out, argMax);
    out.markWritten();
  }

  /**
   * {@code dx[n,h,w,c]} is the sum of {@code dOut} over the windows whose maximum lay there.
   *
   * @param argMax as {@link #maxPool} wrote it
   */
  public final void maxPoolBackward(Tensor argMax, Tensor dOut, PoolingParams params, Gradient dx) {
    Checks.shape(BACKWARD, "dOut", dOut, params.outputShape(dx.tensor().shape()));
    Checks.sameFloat(BACKWARD, dOut, dx.tensor());
    Checks.sameShape(BACKWARD, dOut, argMax);
    Checks.dtype(BACKWARD, DType.U8, argMax);
    runMaxPoolBackward(argMax, dOut, params, dx);
    dx.tensor().markWritten();
  }

  protected abstract void runMaxPool(
      Tensor x, PoolingParams params, Tensor out, @Nullable Tensor argMax);

  protected abstract void runMaxPoolBackward(
      Tensor argMax, Tensor dOut, PoolingParams params, Gradient dx);
}
