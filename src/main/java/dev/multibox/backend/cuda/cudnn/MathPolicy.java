package dev.multibox.backend.cuda.cudnn;

import dev.multibox.tensor.DType;
import java.util.EnumSet;
import java.util.Set;

/** Which engines a convolution may run on, by what their arithmetic does to the result. */
public enum MathPolicy {
  /** F32 as it is: no engine that rounds its factors for tensor cores. */
  FP32(false),

  /** F32 whose factors tensor cores round to TF32, 10 bits of mantissa. */
  TF32(true),

  /** F16, summed in F32. */
  AMP(true);

  /** What is taken only when nothing else is left. */
  private static final Set<NumericalNote> LAST_RESORT =
      EnumSet.of(
          NumericalNote.NONDETERMINISTIC,
          NumericalNote.REDUCED_PRECISION_REDUCTION,
          NumericalNote.WINOGRAD,
          NumericalNote.WINOGRAD_TILE_4X4,
          NumericalNote.WINOGRAD_TILE_6X6,
          NumericalNote.WINOGRAD_TILE_13X13,
          NumericalNote.FFT);

  private final boolean tensorCores;

  MathPolicy(boolean tensorCores) {
    this.tensorCores = tensorCores;
  }

  /** Whether an engine with these notes may be used at all. */
  boolean allows(Set<NumericalNote> notes) {
    return tensorCores
        || !(notes.contains(NumericalNote.TENSOR_CORE)
            || notes.contains(NumericalNote.DOWN_CONVERT_INPUTS));
  }

  /** Whether an engine with these notes is used only when nothing else is left. */
  static boolean isLastResort(Set<NumericalNote> notes) {
    return notes.stream().anyMatch(LAST_RESORT::contains);
  }

  /** That of tensors of this type, where F32 may be computed in TF32 or not. */
  public static MathPolicy of(DType dtype, boolean tf32) {
    if (dtype == DType.F16) {
      return AMP;
    }
    return tf32 ? TF32 : FP32;
  }
}
