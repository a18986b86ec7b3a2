package dev.multibox.backend.cpu;

/**
 * Rankings by descending value, ties by ascending index, as {@code long} keys in ascending order:
 * the rank of the value above, the index below. Keys differ, so that any way of sorting or
 * selecting them has one result.
 */
final class Ranking {
  /** Ranges longer than this narrow their pivot by a sample first. */
  private static final int SAMPLED = 600;

  private Ranking() {}

  /** The key of a score; NaN ranks last. */
  static long nanLast(float score, int index) {
    return key(Float.isNaN(score) ? Integer.MIN_VALUE : ordered(score), index);
  }

  /** The key of a loss; NaN ranks first, so that it is noticed. */
  static long nanFirst(float loss, int index) {
    return key(ordered(loss), index);
  }

  /** A key behind all of {@link #nanFirst}. */
  static long last(int index) {
    return key(Integer.MIN_VALUE, index);
  }

  static int index(long key) {
    return (int) key;
  }

  /** The value of a key whose value was not NaN. */
  static float value(long key) {
    int ordered = ~(int) (key >> 32);
    return Float.intBitsToFloat(ordered < 0 ? ordered ^ Integer.MAX_VALUE : ordered);
  }

  private static long key(int ordered, int index) {
    return (long) ~ordered << 32 | index;
  }

  /** Bits that compare as the floats do, with one zero and one NaN above infinity. */
  private static int ordered(float value) {
    int bits = Float.floatToIntBits(value + 0f);
    return bits < 0 ? bits ^ Integer.MAX_VALUE : bits;
  }

  /**
   * Brings the {@code k} smallest of the first {@code count} keys to the front, in no order, by the
   * SELECT of Floyd and Rivest (CACM 18, 1975, algorithm 489): about {@code count + k} comparisons,
   * most of which the processor predicts.
   */
  static void select(long[] keys, int count, int k) {
    if (k > 0 && k < count) {
      select(keys, 0, count - 1, k - 1);
    }
  }

  private static void select(long[] keys, int first, int last, int k) {
    int left = first;
    int right = last;
    while (right > left) {
      if (right - left > SAMPLED) {
        double n = right - left + 1;
        double i = k - left + 1;
        double z = Math.log(n);
        double size = 0.5 * Math.exp(2 * z / 3);
        double spread = 0.5 * Math.sqrt(z * size * (n - size) / n) * Math.signum(i - n / 2);
        select(
            keys,
            Math.max(left, (int) (k - i * size / n + spread)),
            Math.min(right, (int) (k + (n - i) * size / n + spread)),
            k);
      }
      int middle = partition(keys, left, right, keys[k]);
      if (middle <= k) {
        left = middle + 1;
      }
      if (k <= middle) {
        right = middle - 1;
      }
    }
  }

  /** Parts {@code [left, right]} about {@code pivot}, a key in it, and returns where that came. */
  private static int partition(long[] keys, int left, int right, long pivot) {
    int i = left;
    int j = right;
    while (true) {
      while (keys[i] < pivot) {
        i++;
      }
      while (keys[j] > pivot) {
        j--;
      }
      if (i >= j) {
        return j;
      }
      long swapped = keys[i];
      keys[i] = keys[j];
      keys[j] = swapped;
    }
  }
}
