package dev.multibox.backend.cpu;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import dev.multibox.backend.Gradient;
import dev.multibox.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/**
 * A stretch of whole rows that moves along one chunk of a {@link Tiling}: {@link #next} goes to the
 * next stretch, {@code read} copies it from a tensor into a heap array, {@code write} copies it
 * back, both by {@link FloatStretch}, so that kernels compute in F32 whatever the tensors are. An
 * array stays valid until the next {@link #next}; loops run from 0 to {@link #length}.
 */
final class Tile {
  /** The slots of {@link Scratch} below hold what was read, those from here on hold sums. */
  private static final int FIRST_SUM = 6;

  private final Scratch scratch;
  private final int channels;
  private final int capacity;
  private final long begin;
  private final long end;
  private long from;
  private int length;
  private int usedFloats;
  private int usedInts;

  Tile(Scratch scratch, int channels, int capacity, long begin, long end) {
    this.scratch = scratch;
    this.channels = channels;
    this.capacity = capacity;
    this.begin = begin;
    this.end = end;
    this.from = begin;
  }

  /** Moves on; false behind the last stretch. */
  boolean next() {
    from += length;
    length = (int) Math.min(capacity, end - from);
    usedFloats = 0;
    usedInts = 0;
    return length > 0;
  }

  /** Goes back to before the first stretch, for another pass while the chunk is in the cache. */
  void rewind() {
    from = begin;
    length = 0;
  }

  /** The number of elements of this stretch. */
  int length() {
    return length;
  }

  /** The number of rows of this stretch. */
  int rows() {
    return length / channels;
  }

  /** The number of rows of the whole chunk. */
  long chunkRows() {
    return (end - begin) / channels;
  }

  /** An array of its own for this stretch, of unspecified content. */
  float[] blank() {
    if (usedFloats == FIRST_SUM) {
      throw new IllegalStateException("tile: no array is left");
    }
    return scratch.floats(usedFloats++, capacity);
  }

  /** A copy of this stretch of an F32 or F16 tensor. */
  float[] read(Tensor tensor) {
    float[] values = blank();
    FloatStretch.read(scratch, tensor, from, length, values);
    return values;
  }

  /** The bits of what {@link #read} reads. */
  int[] readBits(Tensor tensor) {
    int[] bits = scratch.ints(usedInts++, capacity);
    FloatStretch.readBits(scratch, tensor, from, length, bits, 0);
    return bits;
  }

  /**
   * The floats of these bits. Copied, since a loop with {@link Float#intBitsToFloat} is not
   * vectorised.
   */
  float[] floats(int[] bits) {
    float[] values = blank();
    MemorySegment.copy(
        MemorySegment.ofArray(bits), 0, MemorySegment.ofArray(values), 0, 4L * length);
    return values;
  }

  /** The bits of these floats, copied likewise. */
  int[] bits(float[] values) {
    int[] bits = scratch.ints(usedInts++, capacity);
    MemorySegment.copy(
        MemorySegment.ofArray(values), 0, MemorySegment.ofArray(bits), 0, 4L * length);
    return bits;
  }

  /** One value per row of {@code tensor [rows]} F32. */
  float[] readRows(Tensor tensor) {
    float[] values = blank();
    FloatStretch.read(scratch, tensor, from / channels, rows(), values);
    return values;
  }

  void write(float[] values, Tensor tensor) {
    FloatStretch.write(scratch, values, length, tensor, from);
  }

  /** Writes or adds, as the gradient says. */
  void write(float[] values, Gradient gradient) {
    FloatStretch.write(scratch, values, length, gradient, from);
  }

  /** Writes one value per row into {@code tensor [rows]} F32. */
  void writeRows(float[] values, Tensor tensor) {
    FloatStretch.write(scratch, values, rows(), tensor, from / channels);
  }

  /** The bytes of {@code tensor [rows, width]} U8, one of each for every row of this stretch. */
  byte[] readBytes(Tensor tensor) {
    byte[] values = blankBytes(tensor);
    MemorySegment.copy(tensor.host(), JAVA_BYTE, firstByte(tensor), values, 0, bytes(tensor));
    return values;
  }

  /** An array for {@link #writeBytes}, of unspecified content. */
  byte[] blankBytes(Tensor tensor) {
    return scratch.bytes(bytes(tensor));
  }

  void writeBytes(byte[] values, Tensor tensor) {
    MemorySegment.copy(values, 0, tensor.host(), JAVA_BYTE, firstByte(tensor), bytes(tensor));
  }

  private int bytes(Tensor tensor) {
    return rows() * tensor.shape().intDim(-1);
  }

  private long firstByte(Tensor tensor) {
    return from / channels * tensor.shape().dim(-1);
  }

  /** {@code sum += values}, element by element. */
  void add(float[] values, float[] sum) {
    for (int i = 0; i < length; i++) {
      sum[i] += values[i];
    }
  }

  /** The running sums number {@code sum}, one for each place of a tile. */
  float[] sum(int sum) {
    return scratch.floats(FIRST_SUM + sum, capacity);
  }

  void clearSum(int sum) {
    Arrays.fill(sum(sum), 0, capacity, 0);
  }

  /** Folds the running sums of a channel into {@code into[at + c]}, which is overwritten. */
  void fold(int sum, double[] into, int at) {
    float[] places = sum(sum);
    Arrays.fill(into, at, at + channels, 0);
    for (int row = 0; row < capacity; row += channels) {
      for (int c = 0; c < channels; c++) {
        into[at + c] += places[row + c];
      }
    }
  }
}
