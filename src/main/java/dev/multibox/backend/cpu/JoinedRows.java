package dev.multibox.backend.cpu;

import dev.multibox.backend.Gradient;
import dev.multibox.tensor.Tensor;
import java.util.Arrays;

/** Rows of two tensors side by side, and the gradients of both parts: copies, row by row. */
final class JoinedRows {
  private final Parallel parallel;

  JoinedRows(Parallel parallel) {
    this.parallel = parallel;
  }

  /** What is done with one row. */
  @FunctionalInterface
  private interface Row {
    void run(Scratch scratch, long row);
  }

  private void forRows(Tensor x, Row body) {
    if (x.size() == 0) {
      return;
    }
    parallel.forChunks(
        x.shape().rows(),
        Math.max(1, Tiling.CHUNK / x.shape().dim(-1)),
        (scratch, _, from, to) -> {
          for (long row = from; row < to; row++) {
            body.run(scratch, row);
          }
        });
  }

  /** {@code fromA} channels of a, {@code fromB} of b, and zeros. */
  void join(Tensor a, int fromA, Tensor b, int fromB, Tensor out) {
    int channels = out.shape().intDim(-1);
    forRows(
        out,
        (scratch, row) -> {
          float[] values = scratch.floats(0, channels);
          FloatStretch.read(scratch, a, row * a.shape().dim(-1), fromA, values, 0);
          FloatStretch.read(scratch, b, row * b.shape().dim(-1), fromB, values, fromA);
          Arrays.fill(values, fromA + fromB, channels, 0);
          FloatStretch.write(scratch, values, channels, out, row * channels);
        });
  }

  /**
   * The gradient of the part that is {@code count} channels of the whole, from {@code first} on.
   */
  void part(Tensor dOut, long first, int count, Gradient part) {
    int channels = part.tensor().shape().intDim(-1);
    long whole = dOut.shape().dim(-1);
    forRows(
        part.tensor(),
        (scratch, row) -> {
          float[] values = scratch.floats(0, channels);
          FloatStretch.read(scratch, dOut, row * whole + first, count, values, 0);
          Arrays.fill(values, count, channels, 0);
          FloatStretch.write(scratch, values, channels, part, row * channels);
        });
  }
}
