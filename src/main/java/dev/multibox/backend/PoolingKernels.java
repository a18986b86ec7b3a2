package dev.multibox.backend;

import dev.multibox.tensor.DType;
import dev.multibox.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * Max pooling over {@code x [N, H, W, C]}, and the mean of whole images; x and out, dOut and dx are
 * both F32 or both F16.
 */
public abstract class PoolingKernels {
  private static final String FORWARD = "maxPool";
  private static final String BACKWARD = "maxPoolBackward";
  private static final String AVERAGE = "globalAverage";
  private static final String AVERAGE_BACKWARD = "globalAverageBackward";

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

  /**
   * {@code out[n,0,0,c] = sum_{h,w} x[n,h,w,c] / (H W)}, summed in a fixed order.
   *
   * @param out {@code [N, 1, 1, C]}, overwritten
   * @throws IllegalArgumentException if an image has no pixel
   */
  public final void globalAverage(Tensor x, Tensor out) {
    checkAverage(AVERAGE, x, out);
    runGlobalAverage(x, out);
    out.markWritten();
  }

  /** {@code dx[n,h,w,c] = dOut[n,0,0,c] / (H W)}. */
  public final void globalAverageBackward(Tensor dOut, Gradient dx) {
    checkAverage(AVERAGE_BACKWARD, dx.tensor(), dOut);
    runGlobalAverageBackward(dOut, dx);
    dx.tensor().markWritten();
  }

  private static void checkAverage(String op, Tensor x, Tensor out) {
    Checks.rank(op, "x", x, 4);
    Checks.require(
        op,
        x.shape().dim(1) > 0 && x.shape().dim(2) > 0,
        "x was %s, wanted at least one pixel",
        x.shape());
    Checks.shape(op, "out", out, x.shape().dim(0), 1, 1, x.shape().dim(3));
    Checks.sameFloat(op, x, out);
  }

  protected abstract void runMaxPool(
      Tensor x, PoolingParams params, Tensor out, @Nullable Tensor argMax);

  protected abstract void runMaxPoolBackward(
      Tensor argMax, Tensor dOut, PoolingParams params, Gradient dx);

  protected abstract void runGlobalAverage(Tensor x, Tensor out);

  protected abstract void runGlobalAverageBackward(Tensor dOut, Gradient dx);
}
