package dev.multibox.weights;

import static java.lang.foreign.ValueLayout.JAVA_DOUBLE_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_SHORT_UNALIGNED;

import java.lang.foreign.MemorySegment;

/** Stored numbers as those that are computed with. */
final class FloatValues {
  private FloatValues() {}

  /**
   * The elements as F32; F16 and BF16 fit exactly, F64 is rounded.
   *
   * @throws IllegalArgumentException if they are whole numbers or flags, which no weight is
   */
  static float[] of(StoredTensor tensor) {
    MemorySegment data = tensor.data();
    float[] values = new float[Math.toIntExact(tensor.shape().size())];
    switch (tensor.type()) {
      case F32 -> MemorySegment.copy(data, JAVA_FLOAT_UNALIGNED, 0, values, 0, values.length);
      case F64 -> {
        for (int i = 0; i < values.length; i++) {
          values[i] = (float) data.getAtIndex(JAVA_DOUBLE_UNALIGNED, i);
        }
      }
      case F16 -> {
        for (int i = 0; i < values.length; i++) {
          values[i] = Float.float16ToFloat(data.getAtIndex(JAVA_SHORT_UNALIGNED, i));
        }
      }
      case BF16 -> {
        for (int i = 0; i < values.length; i++) {
          values[i] = Float.intBitsToFloat(data.getAtIndex(JAVA_SHORT_UNALIGNED, i) << 16);
        }
      }
      case I64, I32, I16, I8, U8, BOOL ->
          throw new IllegalArgumentException(
              "is %s, wanted floating-point numbers".formatted(tensor));
    }
    return values;
  }
}
