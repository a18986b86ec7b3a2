package dev.multibox.backend.cpu;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import dev.multibox.backend.Gradient;
import dev.multibox.tensor.DType;
import dev.multibox.tensor.Tensor;
import java.lang.foreign.MemorySegment;

/**
 * Copies a stretch of an F32 or F16 tensor into heap floats and back. It alone knows how F16 is
 * stored: kernels compute in F32, and what they write is rounded once, to the nearest even, to
 * infinity beyond 65504.
 *
 * <p>Halves pass through a heap array, since a conversion straight from or to native memory is not
 * vectorised.
 */
final class FloatStretch {
  /** The slot of {@link Scratch} for floats on their way; kernels have those before it. */
  private static final int SLOT = Scratch.FLOAT_SLOTS - 1;

  private FloatStretch() {}

  /** Elements {@code [from, from + count)} into the front of {@code into}. */
  static void read(Scratch scratch, Tensor source, long from, int count, float[] into) {
    read(scratch, source, from, count, into, 0);
  }

  /** Elements {@code [from, from + count)} into {@code into} from {@code at} on. */
  static void read(Scratch scratch, Tensor source, long from, int count, float[] into, int at) {
    if (source.dtype() == DType.F32) {
      MemorySegment.copy(source.host(), JAVA_FLOAT, from * Float.BYTES, into, at, count);
      return;
    }
    short[] halves = scratch.shorts(count);
    MemorySegment.copy(source.host(), JAVA_SHORT, from * Short.BYTES, halves, 0, count);
    for (int i = 0; i < count; i++) {
      into[at + i] = Float.float16ToFloat(halves[i]);
    }
  }

  /** The bits of what {@link #read} reads. */
  static void readBits(Scratch scratch, Tensor source, long from, int count, int[] into, int at) {
    if (source.dtype() == DType.F32) {
      MemorySegment.copy(source.host(), JAVA_INT, from * Integer.BYTES, into, at, count);
      return;
    }
    float[] values = scratch.floats(SLOT, count);
    read(scratch, source, from, count, values);
    MemorySegment.copy(MemorySegment.ofArray(values), JAVA_INT, 0, into, at, count);
  }

  /** The front of {@code values} over elements {@code [from, from + count)}. */
  static void write(Scratch scratch, float[] values, int count, Tensor target, long from) {
    write(scratch, values, 0, count, target, from);
  }

  /** {@code values} from {@code at} on over elements {@code [from, from + count)}. */
  static void write(Scratch scratch, float[] values, int at, int count, Tensor target, long from) {
    if (target.dtype() == DType.F32) {
      MemorySegment.copy(values, at, target.host(), JAVA_FLOAT, from * Float.BYTES, count);
      return;
    }
    short[] halves = scratch.shorts(count);
    for (int i = 0; i < count; i++) {
      halves[i] = Float.floatToFloat16(values[at + i]);
    }
    MemorySegment.copy(halves, 0, target.host(), JAVA_SHORT, from * Short.BYTES, count);
  }

  /** {@link #write} of the floats with these bits. */
  static void writeBits(Scratch scratch, int[] bits, int count, Tensor target, long from) {
    if (target.dtype() == DType.F32) {
      MemorySegment.copy(bits, 0, target.host(), JAVA_INT, from * Integer.BYTES, count);
      return;
    }
    float[] values = scratch.floats(SLOT, count);
    MemorySegment.copy(MemorySegment.ofArray(bits), JAVA_FLOAT, 0, values, 0, count);
    write(scratch, values, count, target, from);
  }

  /** As {@link #write}, added to what is there. */
  static void add(Scratch scratch, float[] values, int count, Tensor target, long from) {
    float[] sum = scratch.floats(SLOT, count);
    read(scratch, target, from, count, sum);
    for (int i = 0; i < count; i++) {
      sum[i] += values[i];
    }
    write(scratch, sum, count, target, from);
  }

  /** Writes or adds, as the gradient says. */
  static void write(Scratch scratch, float[] values, int count, Gradient target, long from) {
    if (target.adds()) {
      add(scratch, values, count, target.tensor(), from);
    } else {
      write(scratch, values, count, target.tensor(), from);
    }
  }
}
