package dev.multibox.backend.cpu;

import dev.multibox.backend.Activation;
import dev.multibox.tensor.Tensor;

/** The pointwise functions on a tile. */
final class Activations {
  private static final float SIX = 6;

  /** The hard functions bend at ±3. */
  private static final float BEND = 3;

  private static final int BEND_BITS = Float.floatToRawIntBits(BEND);

  /** NaN lies from here on. */
  private static final int BEYOND_INFINITY = Float.floatToRawIntBits(Float.POSITIVE_INFINITY) + 1;

  private Activations() {}

  /** {@code x = activation(x)} in place; NaN stays NaN. */
  static void apply(Activation activation, float[] x, int length) {
    switch (activation) {
      case NONE -> {}
      case RELU -> {
        for (int i = 0; i < length; i++) {
          x[i] = Math.max(x[i], 0);
        }
      }
      case RELU6 -> {
        for (int i = 0; i < length; i++) {
          x[i] = Math.min(Math.max(x[i], 0), SIX);
        }
      }
      case HARD_SIGMOID -> {
        for (int i = 0; i < length; i++) {
          x[i] = Math.min(Math.max(x[i] + BEND, 0), SIX) / SIX;
        }
      }
      case HARD_SWISH -> {
        for (int i = 0; i < length; i++) {
          x[i] = x[i] * Math.min(Math.max(x[i] + BEND, 0), SIX) / SIX;
        }
      }
    }
  }

  /**
   * What the activation passes of this tile of {@code dOut}.
   *
   * @param y what its gradient is read from
   */
  static float[] gradient(Tile tile, Activation activation, Tensor y, Tensor dOut) {
    return switch (activation) {
      case NONE -> tile.read(dOut);
      case RELU, RELU6 -> passed(tile, y, blocked(activation), dOut);
      case HARD_SIGMOID -> {
        float[] gradient = passed(tile, y, blocked(activation), dOut);
        for (int i = 0; i < tile.length(); i++) {
          gradient[i] /= SIX;
        }
        yield gradient;
      }
      case HARD_SWISH -> hardSwishGradient(tile, y, dOut);
    };
  }

  /** Writes this tile's bytes of the {@code ActivationMask} of an activation's output {@code y}. */
  static void writeMask(Tile tile, Activation activation, Tensor y, Tensor mask) {
    int[] values = tile.readBits(y);
    int blocked = blocked(activation);
    byte[] bytes = tile.blankBytes(mask);
    int channels = tile.length() / tile.rows();
    int at = 0;
    for (int i = 0; i < tile.length(); ) {
      int end = i + channels;
      for (; i + Byte.SIZE <= end; i += Byte.SIZE) {
        bytes[at++] = passed(values, i, Byte.SIZE, blocked);
      }
      if (i < end) {
        bytes[at++] = passed(values, i, end - i, blocked);
      }
      i = end;
    }
    tile.writeBytes(bytes, mask);
  }

  /** A bit for each of {@code count} values from {@code at} on; eight are unrolled when inlined. */
  private static byte passed(int[] values, int at, int count, int blocked) {
    int bits = 0;
    for (int bit = 0; bit < count; bit++) {
      bits |= passed(values[at + bit], blocked) & 1 << bit;
    }
    return (byte) bits;
  }

  /** This tile of {@code dOut} where the mask is set, else 0. */
  static float[] gradient(Tile tile, Tensor mask, Tensor dOut) {
    int[] gradient = tile.readBits(dOut);
    byte[] bytes = tile.readBytes(mask);
    int channels = tile.length() / tile.rows();
    int at = 0;
    for (int i = 0; i < tile.length(); ) {
      int end = i + channels;
      for (; i + Byte.SIZE <= end; i += Byte.SIZE) {
        keepSet(bytes[at++], gradient, i, Byte.SIZE);
      }
      if (i < end) {
        keepSet(bytes[at++], gradient, i, end - i);
      }
      i = end;
    }
    return tile.floats(gradient);
  }

  /** Clears the gradient where the bit is not set, of {@code count} values from {@code at} on. */
  private static void keepSet(int bits, int[] gradient, int at, int count) {
    for (int bit = 0; bit < count; bit++) {
      gradient[at + bit] &= -(bits >> bit & 1);
    }
  }

  /**
   * The bits of the smallest output above zero that blocks the gradient; NaN lies above it. Of an
   * activation whose gradient its output tells.
   */
  private static int blocked(Activation activation) {
    return switch (activation) {
      case RELU6 -> Float.floatToRawIntBits(SIX);
      case HARD_SIGMOID -> Float.floatToRawIntBits(1f);
      default -> BEYOND_INFINITY;
    };
  }

  /**
   * @param blocked the bits of the smallest value above zero that blocks the gradient
   */
  private static float[] passed(Tile tile, Tensor y, int blocked, Tensor dOut) {
    int[] gradient = tile.readBits(dOut);
    keepPassed(tile.readBits(y), blocked, gradient, tile.length());
    return tile.floats(gradient);
  }

  /**
   * Clears the gradient where not {@code 0 < y < blocked}. On bits, since a conditional on floats
   * is not vectorised: positive floats are ordered as their bits, negative ones have the sign set,
   * and {@code t} below is in {@code [0, blocked - 1)} exactly where y passed.
   */
  private static void keepPassed(int[] y, int blocked, int[] gradient, int length) {
    for (int i = 0; i < length; i++) {
      gradient[i] &= passed(y[i], blocked);
    }
  }

  /** -1 where the bits {@code y} are above 0 and below {@code blocked}, else 0. */
  private static int passed(int y, int blocked) {
    int t = y - 1;
    return (~t & (t - (blocked - 1))) >> 31;
  }

  private static float[] hardSwishGradient(Tile tile, Tensor x, Tensor dOut) {
    float[] values = tile.read(x);
    float[] bent = tile.read(dOut);
    for (int i = 0; i < tile.length(); i++) {
      bent[i] *= (2 * values[i] + BEND) / SIX;
    }
    int[] gradient = tile.readBits(dOut);
    chooseByBend(tile.readBits(x), tile.bits(bent), gradient, tile.length());
    return tile.floats(gradient);
  }

  /**
   * Leaves the gradient where {@code x >= 3}, replaces it by {@code bent} where {@code -3 < x < 3},
   * else clears it. On bits, as above.
   */
  private static void chooseByBend(int[] x, int[] bent, int[] gradient, int length) {
    for (int i = 0; i < length; i++) {
      int magnitude = x[i] & Integer.MAX_VALUE;
      int inside = (magnitude - BEND_BITS) >> 31;
      int above = (~x[i] & ~(x[i] - BEND_BITS) & (x[i] - BEYOND_INFINITY)) >> 31;
      gradient[i] = (gradient[i] & above) | (bent[i] & inside);
    }
  }
}
