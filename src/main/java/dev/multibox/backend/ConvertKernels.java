package dev.multibox.backend;

import dev.multibox.tensor.DType;
import dev.multibox.tensor.Tensor;

/** Conversion between element types. */
public abstract class ConvertKernels {
  private static final String CONVERT = "convert";

  /**
   * {@code out[i] = x[i]} in the type of out: F32 to F16 rounds to the nearest even, overflowing to
   * infinity; I32 and U8 to a floating-point type are exact or rounded likewise; equal types copy.
   *
   * @throws IllegalArgumentException for a conversion to I32 or U8 from another type, which would
   *     lose values
   */
  public final void convert(Tensor x, Tensor out) {
    Checks.sameShape(CONVERT, x, out);
    Checks.require(
        CONVERT,
        x.dtype() == out.dtype() || out.dtype() == DType.F32 || out.dtype() == DType.F16,
        "out was %s for x %s, wanted F32, F16 or the same type",
        out,
        x);
    runConvert(x, out);
    out.markWritten();
  }

  protected abstract void runConvert(Tensor x, Tensor out);
}
