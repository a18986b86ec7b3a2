package dev.multibox.backend.cpu;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import dev.multibox.backend.Gradient;
import dev.multibox.tensor.Tensor;
import java.lang.foreign.MemorySegment;

/** Per-channel vectors, which are short enough to be walked element by element. */
final class ChannelVectors {
  private ChannelVectors() {}

  static float at(Tensor vector, long channel) {
    return vector.host().getAtIndex(JAVA_FLOAT, channel);
  }

  static void set(Tensor vector, long channel, double value) {
    vector.host().setAtIndex(JAVA_FLOAT, channel, (float) value);
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
