package dev.multibox.data;

import java.util.SplittableRandom;
import java.util.random.RandomGenerator;

/**
 * The one source of chance in the data path: a seed gives every epoch its order and every sample of
 * every epoch a generator of its own. So nothing depends on how many threads work, or on where a
 * run was resumed.
 *
 * @param seed the run's
 */
public record SampleRandom(long seed) {
  // Odd constants with well mixed bits keep (seed, epoch, index) apart before they are hashed.
  private static final long EPOCH = 0x9E3779B97F4A7C15L;
  private static final long INDEX = 0xD1B54A32D192ED03L;

  /** The generator of the image {@code index} of the data set in an epoch. */
  public RandomGenerator sample(int epoch, int index) {
    return new SplittableRandom(mix(mix(seed + EPOCH * (epoch + 1L)) + INDEX * (index + 1L)));
  }

  /** The order in which an epoch visits {@code size} images. */
  public int[] order(int epoch, int size) {
    return permutation(new SplittableRandom(mix(seed + EPOCH * (epoch + 1L))), size);
  }

  /** A uniformly drawn order of {@code 0 .. size - 1} (Fisher and Yates). */
  static int[] permutation(RandomGenerator random, int size) {
    int[] order = new int[size];
    for (int i = 0; i < size; i++) {
      int j = random.nextInt(i + 1);
      order[i] = order[j];
      order[j] = i;
    }
    return order;
  }

  // The finaliser of MurmurHash3's 64-bit variant: every input bit reaches every output bit.
  static long mix(long value) {
    long z = (value ^ (value >>> 33)) * 0xFF51AFD7ED558CCDL;
    z = (z ^ (z >>> 33)) * 0xC4CEB9FE1A85EC53L;
    return z ^ (z >>> 33);
  }
}
