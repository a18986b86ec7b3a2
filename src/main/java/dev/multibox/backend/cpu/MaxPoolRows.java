package dev.multibox.backend.cpu;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import dev.multibox.backend.PoolingParams;
import dev.multibox.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Max pooling of one output row after the other, by one worker. Floats become <i>keys</i>, ints in
 * the order of the floats, with NaN above everything; key and place together make one long, {@code
 * key 256 + 255 - place}, whose maximum is the largest value at its first place. So the search has
 * no branch and is vectorised.
 *
 * <p>An input row is kept with its columns sorted by their remainder of the stride: what column
 * {@code s} of all windows sees is then one contiguous run.
 */
final class MaxPoolRows {
  private static final int LAST_PLACE = 255;

  /** Below the key of minus infinity. */
  private static final int PADDING = Integer.MIN_VALUE;

  private static final int INFINITY_BITS = Float.floatToRawIntBits(Float.POSITIVE_INFINITY);

  private final Tensor x;
  private final PoolingParams params;
  private final Tensor out;
  private final @Nullable Tensor argMax;
  private final Scratch scratch;
  private final int height;
  private final int width;
  private final int channels;
  private final int outHeight;
  private final int outRow;

  /** Elements of the columns with one remainder. */
  private final int phase;

  /** Elements of a kept input row. */
  private final int keptRow;

  /** The image and row that each kept row holds, as {@code n H + h}. */
  private final long[] held;

  private final int[] keys;

  MaxPoolRows(
      Tensor x, PoolingParams params, Tensor out, @Nullable Tensor argMax, Scratch scratch) {
    this.x = x;
    this.params = params;
    this.out = out;
    this.argMax = argMax;
    this.scratch = scratch;
    height = x.shape().intDim(1);
    width = x.shape().intDim(2);
    channels = x.shape().intDim(3);
    outHeight = out.shape().intDim(1);
    int outWidth = out.shape().intDim(2);
    outRow = Math.multiplyExact(outWidth, channels);
    int stride = params.strideWidth();
    int columns = (outWidth - 1) * stride + params.windowWidth();
    phase = Math.multiplyExact(Math.ceilDiv(columns, stride), channels);
    keptRow = Math.multiplyExact(phase, stride);
    keys = scratch.ints(0, Math.multiplyExact(keptRow, params.windowHeight()));
    held = new long[params.windowHeight()];
    Arrays.fill(held, -1);
  }

  /** Computes output row {@code row = n P + p}. */
  void run(long row) {
    long image = row / outHeight;
    int top = (int) (row % outHeight) * params.strideHeight() - params.padHeight();
    int from = Math.max(0, top);
    int to = Math.min(height, top + params.windowHeight());
    for (int h = from; h < to; h++) {
      keep(image * height + h);
    }
    long[] best = scratch.longs(Tiling.TILE);
    for (int at = 0; at < outRow; at += Tiling.TILE) {
      int length = Math.min(Tiling.TILE, outRow - at);
      Arrays.fill(best, 0, length, Long.MIN_VALUE);
      for (int h = from; h < to; h++) {
        for (int s = 0; s < params.windowWidth(); s++) {
          int place = (h - top) * params.windowWidth() + s;
          int run = s % params.strideWidth() * phase + s / params.strideWidth() * channels;
          larger(best, length, slot(image * height + h) + run + at, LAST_PLACE - place);
        }
      }
      write(best, length, row * outRow + at);
    }
  }

  private int slot(long inputRow) {
    return (int) (inputRow % held.length) * keptRow;
  }

  private void larger(long[] best, int length, int from, long rank) {
    for (int i = 0; i < length; i++) {
      best[i] = Math.max(best[i], ((long) keys[from + i] << 8) + rank);
    }
  }

  /** Loads an input row unless the window above left it. */
  private void keep(long inputRow) {
    int slot = (int) (inputRow % held.length);
    if (held[slot] == inputRow) {
      return;
    }
    held[slot] = inputRow;
    int first = slot * keptRow;
    int stride = params.strideWidth();
    int columns = phase / channels * stride;
    int last = Math.min(width, columns - params.padWidth());
    long source = inputRow * width * channels;
    if (stride == 1) {
      FloatStretch.readBits(
          scratch, x, source, last * channels, keys, column(first, params.padWidth()));
    } else {
      int[] row = scratch.ints(2, last * channels);
      FloatStretch.readBits(scratch, x, source, last * channels, row, 0);
      for (int w = 0; w < last; w++) {
        int to = column(first, w + params.padWidth());
        System.arraycopy(row, w * channels, keys, to, channels);
      }
    }
    toKeys(keys, first, first + keptRow);
    for (int u = 0; u < columns; u++) {
      if (u < params.padWidth() || u >= params.padWidth() + width) {
        int at = column(first, u);
        Arrays.fill(keys, at, at + channels, PADDING);
      }
    }
  }

  /** Where column {@code u} of the padded input lies in the row kept from {@code first} on. */
  private int column(int first, int u) {
    return first + u % params.strideWidth() * phase + u / params.strideWidth() * channels;
  }

  /** Bits of floats to keys: the magnitude, negated where the sign is set; both zeros are 0. */
  private static void toKeys(int[] values, int from, int to) {
    for (int i = from; i < to; i++) {
      int magnitude = values[i] & Integer.MAX_VALUE;
      int nan = (INFINITY_BITS - magnitude) >> 31;
      int sign = (values[i] >> 31) & ~nan;
      values[i] = ((magnitude | nan >>> 1) ^ sign) - sign;
    }
  }

  private void write(long[] best, int length, long at) {
    int[] bits = scratch.ints(1, Tiling.TILE);
    for (int i = 0; i < length; i++) {
      int key = (int) (best[i] >> 8);
      int sign = key >> 31;
      bits[i] = ((key ^ sign) - sign) | (sign & Integer.MIN_VALUE);
    }
    FloatStretch.writeBits(scratch, bits, length, out, at);
    if (argMax == null) {
      return;
    }
    byte[] places = scratch.bytes(Tiling.TILE);
    for (int i = 0; i < length; i++) {
      places[i] = (byte) (LAST_PLACE - best[i]);
    }
    MemorySegment.copy(places, 0, argMax.host(), JAVA_BYTE, at, length);
  }
}
