package dev.multibox.backend.cpu;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import dev.multibox.tensor.DType;
import dev.multibox.tensor.Tensor;
import java.lang.foreign.MemorySegment;

/** Copies a stretch of an F32 or F16 tensor into heap floats and back. */
final class FloatStretch {
  private FloatStretch() {}

  /** Elements {@code [from, from + count)} into the front of {@code into}. */
  static void read(Tensor source, long from, int count, float[] into) {
    MemorySegment memory = source.host();
    if (source.dtype() == DType.F32) {
      MemorySegment.copy(memory, JAVA_FLOAT, from * Float.BYTES, into, 0, count);
    } else {
      for (int i = 0; i < count; i++) {
        into[i] = Float.float16ToFloat(memory.getAtIndex(JAVA_SHORT, from + i));
      }
    }
  }

  /** The front of {@code values} over elements {@code [from, from + count)}. */
  static void write(float[] values, int count, Tensor target, long from) {
    MemorySegment memory = target.host();
    if (target.dtype() == DType.F32) {
      MemorySegment.copy(values, 0, memory, JAVA_FLOAT, from * Float.BYTES, count);
    } else {
      for (int i = 0; i < count; i++) {
        memory.setAtIndex(JAVA_SHORT, from + i, Float.floatToFloat16(values[i]));
      }
    }
  }

  /** As {@link #write}, added to what is there. */
  static void add(float[] values, int count, Tensor target, long from) {
    MemorySegment memory = target.host();
    for (int i = 0; i < count; i++) {
      if (target.dtype() == DType.F32) {
        float sum = memory.getAtIndex(JAVA_FLOAT, from + i) + values[i];
        memory.setAtIndex(JAVA_FLOAT, from + i, sum);
      } else {
        float sum = Float.float16ToFloat(memory.getAtIndex(JAVA_SHORT, from + i)) + values[i];
        memory.setAtIndex(JAVA_SHORT, from + i, Float.floatToFloat16(sum));
      }
    }
  }
}
