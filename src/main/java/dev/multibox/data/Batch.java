package dev.multibox.data;

import java.util.List;

/**
 * The samples of one training step.
 *
 * @param epoch from 0
 * @param index position within the epoch, from 0
 * @param samples in the epoch's order
 */
public record Batch(int epoch, int index, List<Sample> samples) {

  public Batch {
    samples = List.copyOf(samples);
  }

  public int size() {
    return samples.size();
  }
}
