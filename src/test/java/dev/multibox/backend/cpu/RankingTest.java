package dev.multibox.backend.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class RankingTest {
  @Test
  void keysOrderByValueThenIndex() {
    float[] values = {
      Float.NaN, Float.POSITIVE_INFINITY, 2, 1, 0, -0f, -1, Float.NEGATIVE_INFINITY
    };
    for (int i = 1; i + 1 < values.length; i++) {
      assertThat(Ranking.nanLast(values[i], i)).isLessThan(Ranking.nanLast(values[i + 1], i + 1));
      assertThat(Ranking.value(Ranking.nanLast(values[i], i))).isEqualTo(values[i] + 0f);
      assertThat(Ranking.index(Ranking.nanLast(values[i], i))).isEqualTo(i);
    }
    assertThat(Ranking.nanLast(0f, 1)).isLessThan(Ranking.nanLast(-0f, 2));
    assertThat(Ranking.nanLast(-0f, 1)).isLessThan(Ranking.nanLast(0f, 2));
    assertThat(Ranking.nanLast(Float.NaN, 0))
        .isGreaterThan(Ranking.nanLast(Float.NEGATIVE_INFINITY, 9));
    assertThat(Ranking.nanFirst(Float.NaN, 9))
        .isLessThan(Ranking.nanFirst(Float.POSITIVE_INFINITY, 0));
    assertThat(Ranking.last(0)).isGreaterThan(Ranking.nanFirst(0, 9));
  }

  @Test
  void selectsWhatSortingWouldPutInFront() {
    for (int seed = 0; seed < 300; seed++) {
      SplittableRandom random = new SplittableRandom(seed);
      int count = random.nextInt(1, seed % 3 == 0 ? 10_000 : 50);
      int k = random.nextInt(0, count + 1);
      int values = random.nextInt(1, 2 * count);
      long[] keys = new long[count];
      for (int i = 0; i < count; i++) {
        keys[i] = Ranking.nanLast(random.nextInt(values), i);
      }
      long[] sorted = keys.clone();
      Arrays.sort(sorted);
      Ranking.select(keys, count, k);
      Arrays.sort(keys, 0, k);
      assertThat(Arrays.copyOf(keys, k))
          .describedAs("seed %d", seed)
          .isEqualTo(Arrays.copyOf(sorted, k));
    }
  }
}
