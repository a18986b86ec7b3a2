package dev.multibox.backend.cpu;

import dev.multibox.backend.Activation;
import dev.multibox.tensor.Tensor;

/** The pointwise functions on a tile. */
final class Activations {
  private static final float SIX = 6;

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
    }
  }

  /** This tile of {@code dOut} where the activation with output {@code y} passed, else 0. */
  static float[] gradient(Tile tile, Activation activation, Tensor y, Tensor dOut) {
    if (activation == Activation.NONE) {
      return tile.read(dOut);
    }
    int[] gradient = tile.readBits(dOut);
    keepPassed(tile.readBits(y), blocked(activation), gradient, tile.length());
    return tile.floats(gradient);
  }

  /** Writes this tile's bytes of the {@code ActivationMask} of an activation's output {@code y}. */
  static void writeMask(Tile tile, Activation activation, Tensor y, Tensor mask) {
    int[] values = tile.readBits(y);
    int blocked = blocked(activation);
    byte[] bytes = tile.blankBytes(mask);
    int channels = tile.length() / tile.rows();
    int at = 0;
    for (int row = 0; row < tile.rows(); row++) {
      int end = (row + 1) * channels;
      for (int i = row * channels; i < end; i += Byte.SIZE) {
        int bits = 0;
        for (int bit = 0; bit < Math.min(Byte.SIZE, end - i); bit++) {
          bits |= passed(values[i + bit], blocked) & 1 << bit;
        }
        bytes[at++] = (byte) bits;
      }
    }
    tile.writeBytes(bytes, mask);
  }

  /** This tile of {@code dOut} where the mask is set, else 0. */
  static float[] gradient(Tile tile, Tensor mask, Tensor dOut) {
    int[] gradient = tile.readBits(dOut);
    byte[] bytes = tile.readBytes(mask);
    int channels = tile.length() / tile.rows();
    int at = 0;
    for (int row = 0; row < tile.rows(); row++) {
      int end = (row + 1) * channels;
      for (int i = row * channels; i < end; i += Byte.SIZE) {
        int bits = bytes[at++];
        for (int bit = 0; bit < Math.min(Byte.SIZE, end - i); bit++) {
          gradient[i + bit] &= -(bits >> bit & 1);
        }
      }
    }
    return tile.floats(gradient);
  }

  /** The bits of the smallest value above zero that blocks the gradient; NaN lies above it. */
  private static int blocked(Activation activation) {
    return activation == Activation.RELU6
        ? Float.floatToRawIntBits(SIX)
        : Float.floatToRawIntBits(Float.POSITIVE_INFINITY) + 1;
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
}
