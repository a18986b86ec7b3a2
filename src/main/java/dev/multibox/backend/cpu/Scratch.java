package dev.multibox.backend.cpu;

/** Heap arrays of one worker, kept from call to call; each slot holds one array. */
final class Scratch {
  /** The number of slots for floats; the last is {@link FloatStretch}'s. */
  static final int FLOAT_SLOTS = 9;

  private float[][] floats = new float[FLOAT_SLOTS][0];
  private float[][] stack = new float[0][];
  private int[][] ints = new int[8][0];
  private double[][] doubles = new double[8][0];
  private long[] longs = new long[0];
  private short[] shorts = new short[0];
  private byte[] bytes = new byte[0];
  private final BoxColumns boxes = new BoxColumns();

  /**
   * At least {@code length} floats of unspecified content, the same array while it is long enough.
   */
  float[] floats(int slot, int length) {
    if (floats[slot].length < length) {
      floats[slot] = new float[length];
    }
    return floats[slot];
  }

  /** At least {@code count} arrays, each of at least {@code length} floats, content unspecified. */
  float[][] stack(int count, int length) {
    if (stack.length < count || stack[0].length < length) {
      stack = new float[Math.max(count, stack.length)][length];
    }
    return stack;
  }

  /** At least {@code length} ints of unspecified content. */
  int[] ints(int slot, int length) {
    if (ints[slot].length < length) {
      ints[slot] = new int[length];
    }
    return ints[slot];
  }

  /** At least {@code length} doubles of unspecified content. */
  double[] doubles(int slot, int length) {
    if (doubles[slot].length < length) {
      doubles[slot] = new double[length];
    }
    return doubles[slot];
  }

  /** At least {@code length} longs of unspecified content. */
  long[] longs(int length) {
    if (longs.length < length) {
      longs = new long[length];
    }
    return longs;
  }

  /** At least {@code length} shorts of unspecified content. */
  short[] shorts(int length) {
    if (shorts.length < length) {
      shorts = new short[length];
    }
    return shorts;
  }

  /** At least {@code length} bytes of unspecified content. */
  byte[] bytes(int length) {
    if (bytes.length < length) {
      bytes = new byte[length];
    }
    return bytes;
  }

  /** Boxes, cleared by who fills them. */
  BoxColumns boxes() {
    return boxes;
  }
}
