package dev.multibox.backend.cpu;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import dev.multibox.backend.ConvertKernels;
import dev.multibox.tensor.DType;
import dev.multibox.tensor.Tensor;
import java.lang.foreign.MemorySegment;

/** Conversion through F32, which holds every value that survives: 2^24 and more is inf in F16. */
final class CpuConvertKernels extends ConvertKernels {
  private static final int TILE = 2048;

  private final Parallel parallel;

  CpuConvertKernels(Parallel parallel) {
    this.parallel = parallel;
  }

  @Override
  protected void runConvert(Tensor x, Tensor out) {
    parallel.forChunks(
        x.size(),
        Tiling.CHUNK,
        (scratch, _, from, to) -> {
          if (x.dtype() == out.dtype()) {
            int bytes = x.dtype().bytes();
            MemorySegment.copy(
                x.host(), from * bytes, out.host(), from * bytes, (to - from) * bytes);
            return;
          }
          float[] values = scratch.floats(0, TILE);
          for (long at = from; at < to; at += TILE) {
            int length = (int) Math.min(TILE, to - at);
            read(x, at, scratch, values, length);
            write(values, scratch, out, at, length);
          }
        });
  }

  private static void read(Tensor x, long at, Scratch scratch, float[] values, int length) {
    switch (x.dtype()) {
      case F32 -> MemorySegment.copy(x.host(), JAVA_FLOAT, at * Float.BYTES, values, 0, length);
      case F16 -> {
        short[] halves = scratch.shorts(TILE);
        MemorySegment.copy(x.host(), JAVA_SHORT, at * Short.BYTES, halves, 0, length);
        for (int i = 0; i < length; i++) {
          values[i] = Float.float16ToFloat(halves[i]);
        }
      }
      case I32 -> {
        int[] ints = scratch.ints(0, TILE);
        MemorySegment.copy(x.host(), JAVA_INT, at * Integer.BYTES, ints, 0, length);
        for (int i = 0; i < length; i++) {
          values[i] = ints[i];
        }
      }
      case U8 -> {
        byte[] bytes = scratch.bytes(TILE);
        MemorySegment.copy(x.host(), JAVA_BYTE, at, bytes, 0, length);
        for (int i = 0; i < length; i++) {
          values[i] = Byte.toUnsignedInt(bytes[i]);
        }
      }
    }
  }

  private static void write(float[] values, Scratch scratch, Tensor out, long at, int length) {
    if (out.dtype() == DType.F32) {
      MemorySegment.copy(values, 0, out.host(), JAVA_FLOAT, at * Float.BYTES, length);
      return;
    }
    short[] halves = scratch.shorts(TILE);
    for (int i = 0; i < length; i++) {
      halves[i] = Float.floatToFloat16(values[i]);
    }
    MemorySegment.copy(halves, 0, out.host(), JAVA_SHORT, at * Short.BYTES, length);
  }
}
