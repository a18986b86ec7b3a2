package dev.multibox.backend.cuda.sim.exec;

import java.util.SplittableRandom;

/**
 * What a GPU leaves open, drawn from a seed: the order of blocks, warps and lanes. The same seed
 * gives the same order, however many threads simulate. Under the seed 0 a warp stays together as
 * long as it can, so that counters say what a GPU's would.
 */
public final class Schedule {
  /** One block in so many is run by parts of a warp one after the other. */
  private static final int SPLIT_ONE_IN = 24;

  private static final int LEAST_SLICE = 256;
  private static final int MOST_SLICE = 8192;

  private final SplittableRandom random;
  private final boolean splits;

  private Schedule(SplittableRandom random, boolean splits) {
    this.random = random;
    this.splits = splits;
  }

  /** The schedule of one block of one launch. */
  static Schedule of(long seed, long block) {
    return new Schedule(new SplittableRandom(seed * 0x9e3779b97f4a7c15L + block), seed != 0);
  }

  /** A number from 0 up to {@code bound}. */
  int below(int bound) {
    return bound == 1 ? 0 : random.nextInt(bound);
  }

  boolean coin() {
    return random.nextBoolean();
  }

  /** How many instructions a warp runs before others of its block have their turn. */
  int slice() {
    return random.nextInt(LEAST_SLICE, MOST_SLICE);
  }

  /** The lanes of {@code mask} to run first: all of them, or seldom, some. */
  int first(int mask) {
    if (!splits || random.nextInt(SPLIT_ONE_IN) != 0) {
      return mask;
    }
    int some = mask & random.nextInt();
    return some == 0 ? mask : some;
  }

  /** Mixes the numbers 0 to {@code count - 1}. */
  void shuffle(int[] order, int count) {
    for (int i = count - 1; i > 0; i--) {
      int j = random.nextInt(i + 1);
      int other = order[j];
      order[j] = order[i];
      order[i] = other;
    }
  }
}
