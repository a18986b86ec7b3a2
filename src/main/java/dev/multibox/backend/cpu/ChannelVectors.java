package dev.multibox.backend.cpu;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import dev.multibox.backend.Gradient;
import dev.multibox.tensor.Tensor;
import java.lang.foreign.MemorySegment;

/**
 * Per-channel vectors, F32: element by element where a few are enough, as arrays where all of them
 * are computed with.
 */
final class ChannelVectors {
  private ChannelVectors() {}

  static float at(Tensor vector, long channel) {
    return vector.host().getAtIndex(JAVA_FLOAT, channel);
  }

  static void set(Tensor vector, long channel, double value) {
    vector.host().setAtIndex(JAVA_FLOAT, channel, (float) value);
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

  /** Writes or adds {@code values[from + c]} to channel {@code c}. */
  static void write(double[] values, int from, Gradient gradient) {
    MemorySegment vector = gradient.tensor().host();
    for (int c = 0; c < gradient.tensor().size(); c++) {
      float value = (float) values[from + c];
      vector.setAtIndex(
          JAVA_FLOAT, c, gradient.adds() ? vector.getAtIndex(JAVA_FLOAT, c) + value : value);
    }
  }
}
