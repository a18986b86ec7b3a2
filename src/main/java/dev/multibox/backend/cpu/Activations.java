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
    int limit = blocked - 1;
    for (int i = 0; i < length; i++) {
      int t = y[i] - 1;
      gradient[i] &= (~t & (t - limit)) >> 31;
    }
  }
}
