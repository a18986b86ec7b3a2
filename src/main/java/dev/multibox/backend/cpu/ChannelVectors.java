package dev.multibox.backend.cpu;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import dev.multibox.backend.Gradient;
import dev.multibox.tensor.Tensor;

/**
 * Per-channel vectors, F32. They are computed with as arrays: in a loop over a tensor's elements
 * one by one the JIT expects lengths that the next layer does not have, and compiles it anew again
 * and again.
 */
final class ChannelVectors {
  private ChannelVectors() {}

  /** One value. */
  static float at(Tensor vector, long channel) {
    return vector.host().getAtIndex(JAVA_FLOAT, channel);
  }

  /** A copy in the slot of this number. */
  static float[] read(Scratch scratch, int slot, Tensor vector) {
    int channels = Math.toIntExact(vector.size());
    float[] values = scratch.floats(slot, channels);
    FloatStretch.read(scratch, vector, 0, channels, values);
    return values;
  }

  static void write(Scratch scratch, float[] values, Tensor vector) {
    FloatStretch.write(scratch, values, Math.toIntExact(vector.size()), vector, 0);
  }

  /** Writes or adds the front of {@code values}. */
  static void write(Scratch scratch, double[] values, Gradient gradient) {
    int channels = Math.toIntExact(gradient.tensor().size());
    float[] rounded = scratch.floats(0, channels);
    for (int c = 0; c < channels; c++) {
      rounded[c] = (float) values[c];
    }
    FloatStretch.write(scratch, rounded, channels, gradient, 0);
  }
}
