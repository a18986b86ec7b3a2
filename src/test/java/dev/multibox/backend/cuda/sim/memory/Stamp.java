package dev.multibox.backend.cuda.sim.memory;

/**
 * Who touched a word and when, in 64 bits: the run of a block (24), the block's barriers before it
 * (13), the warp's barriers since (13), warp and lane (10), how many threads it stands for (2), and
 * how finely the word is watched (2, in the stamps of writes only).
 *
 * <p>A run is one execution of one block on one simulating thread, numbered from 1, so that stamps
 * of earlier launches never need to be cleared.
 */
final class Stamp {
  // One bit less than there is, so that stamps are never negative.
  static final int MAX_RUN = (1 << 23) - 1;
  static final int MAX_EPOCH = (1 << 13) - 1;

  /** The stamp stands for one thread, for several of a warp, of a block, or of several blocks. */
  static final int LANE = 0;

  static final int WARP = 1;
  static final int BLOCK = 2;
  static final int GRID = 3;

  static final long LEVEL_MASK = 3;
  static final long SCOPE_MASK = 3 << 2;

  private static final long THREAD_MASK = 1023 << 4;
  private static final long WARP_MASK = 31 << 9;
  private static final int SCOPE_SHIFT = 2;
  private static final int THREAD_SHIFT = 4;
  private static final int WARP_EPOCH_SHIFT = 14;
  private static final int BLOCK_EPOCH_SHIFT = 27;
  static final int RUN_SHIFT = 40;

  private Stamp() {}

  static long of(int run, int blockEpoch, int warpEpoch, int thread) {
    return (long) run << RUN_SHIFT
        | (long) blockEpoch << BLOCK_EPOCH_SHIFT
        | (long) warpEpoch << WARP_EPOCH_SHIFT
        | (long) thread << THREAD_SHIFT;
  }

  /** What to add to the stamp of lane 0 for another lane of its warp. */
  static long lane(int lane) {
    return (long) lane << THREAD_SHIFT;
  }

  static int run(long stamp) {
    return (int) (stamp >>> RUN_SHIFT);
  }

  static int blockEpoch(long stamp) {
    return (int) (stamp >>> BLOCK_EPOCH_SHIFT) & MAX_EPOCH;
  }

  /** Both epochs, in an order that grows along the life of a warp. */
  static int time(long stamp) {
    return (int) (stamp >>> WARP_EPOCH_SHIFT) & ((1 << 26) - 1);
  }

  static int time(int blockEpoch, int warpEpoch) {
    return blockEpoch << 13 | warpEpoch;
  }

  static int thread(long stamp) {
    return (int) (stamp >>> THREAD_SHIFT) & 1023;
  }

  static int warp(long stamp) {
    return thread(stamp) >>> 5;
  }

  static int scope(long stamp) {
    return (int) (stamp >>> SCOPE_SHIFT) & 3;
  }

  /** Whether two stamps are of one run. */
  static boolean sameRun(long a, long b) {
    return (a ^ b) >>> RUN_SHIFT == 0;
  }

  /**
   * Whether an access is past to another, as far as a look at the stamps tells: it is of a run that
   * does not matter, of the same thread, or behind a barrier of the block or the warp. Does not
   * know of barriers of some lanes or some warps.
   */
  static boolean isOrdered(long old, long mine, long oldest) {
    if (old < oldest) {
      return true;
    }
    if (!sameRun(old, mine)) {
      return false;
    }
    if (old >>> BLOCK_EPOCH_SHIFT < mine >>> BLOCK_EPOCH_SHIFT) {
      return true;
    }
    boolean ofThread = (((old ^ mine) & THREAD_MASK) | (old & SCOPE_MASK)) == 0;
    boolean ofWarp = ((old ^ mine) & WARP_MASK) == 0 && (old & SCOPE_MASK) <= WARP << SCOPE_SHIFT;
    return ofThread || (ofWarp && old >>> WARP_EPOCH_SHIFT < mine >>> WARP_EPOCH_SHIFT);
  }

  /** One stamp for two unordered reads of a run, where barriers are of whole warps and blocks. */
  static long wider(long read, long mine) {
    int scope = scope(read);
    if (scope >= BLOCK) {
      return read;
    }
    return withScope(mine, ((read ^ mine) & WARP_MASK) == 0 ? WARP : BLOCK);
  }

  static long withScope(long stamp, int scope) {
    return (stamp & ~SCOPE_MASK) | (long) scope << SCOPE_SHIFT;
  }
}
