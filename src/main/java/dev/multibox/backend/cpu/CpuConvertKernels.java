package dev.multibox.backend.cpu;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import dev.multibox.backend.ConvertKernels;
import dev.multibox.tensor.Tensor;
import java.lang.foreign.MemorySegment;

/** Conversion through F32, which holds every value that survives: 2^24 and more is inf in F16. */
final class CpuConvertKernels extends ConvertKernels {

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
          float[] values = scratch.floats(0, Tiling.TILE);
          for (long at = from; at < to; at += Tiling.TILE) {
            int length = (int) Math.min(Tiling.TILE, to - at);
            read(scratch, x, at, length, values);
            FloatStretch.write(scratch, values, length, out, at);
          }
        });
  }

  private static void read(Scratch scratch, Tensor x, long at, int length, float[] values) {
    switch (x.dtype()) {
      case F32, F16 -> FloatStretch.read(scratch, x, at, length, values);
      case I32 -> {
        int[] ints = scratch.ints(0, Tiling.TILE);
        MemorySegment.copy(x.host(), JAVA_INT, at * Integer.BYTES, ints, 0, length);
        for (int i = 0; i < length; i++) {
          values[i] = ints[i];
        }
      }
      case U8 -> {
        byte[] bytes = scratch.bytes(Tiling.TILE);
        MemorySegment.copy(x.host(), JAVA_BYTE, at, bytes, 0, length);
        for (int i = 0; i < length; i++) {
          values[i] = Byte.toUnsignedInt(bytes[i]);
        }
      }
    }
  }
}
