package dev.multibox.data;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashSet;
import java.util.Set;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

class SampleRandomTest {
  @Test
  void everySampleOfEveryEpochHasItsOwnGenerator() {
    Set<Long> first = new HashSet<>();
    double sum = 0;
    for (long seed = 0; seed < 4; seed++) {
      SampleRandom random = new SampleRandom(seed);
      for (int epoch = 0; epoch < 20; epoch++) {
        for (int index = 0; index < 100; index++) {
          first.add(random.sample(epoch, index).nextLong());
          sum += random.sample(epoch, index).nextDouble();
        }
      }
    }
    assertThat(first).hasSize(8000);
    // Five deviations of the mean of 8000 draws from U[0, 1].
    assertThat(sum / 8000).isCloseTo(0.5, Offset.offset(5 * 0.29 / Math.sqrt(8000)));
  }

  @Test
  void ordersArePermutationsThatDifferByEpochAndSeed() {
    int[] order = new SampleRandom(1).order(0, 500);
    Set<Integer> seen = new HashSet<>();
    for (int index : order) {
      seen.add(index);
      assertThat(index).isBetween(0, 499);
    }
    assertThat(seen).hasSize(500);
    assertThat(new SampleRandom(1).order(0, 500)).isEqualTo(order);
    assertThat(new SampleRandom(1).order(1, 500)).isNotEqualTo(order);
    assertThat(new SampleRandom(2).order(0, 500)).isNotEqualTo(order);
  }
}
