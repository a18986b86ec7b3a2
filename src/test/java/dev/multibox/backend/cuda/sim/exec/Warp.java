package dev.multibox.backend.cuda.sim.exec;

import dev.multibox.backend.cuda.sim.memory.LocalMemory;
import dev.multibox.backend.cuda.sim.report.Dim3;

/** The registers of 32 lanes, and what is theirs alone. */
final class Warp {
  static final int LANES = 32;

  /** The mask of all lanes. */
  static final int ALL = -1;

  final int[][] ints;
  final long[][] longs;
  final int[] predicates;

  /** Where loops write under a partial mask. */
  final int[] intScratch = new int[LANES];

  final long[] longScratch = new long[LANES];

  /** The carry flag of each lane. */
  int carry;

  /** The number of this warp in its block. */
  final int index;

  /** The lanes that are threads of the block. */
  final int threads;

  /** The lanes that have not ended. */
  int live;

  /** For each lane that ended, the last block it ran that did more than end. */
  final int[] lastBlock = new int[LANES];

  final int[] tidX = new int[LANES];
  final int[] tidY = new int[LANES];
  final int[] tidZ = new int[LANES];
  final LocalMemory local;
  final Worker worker;

  Warp(Worker worker, Program program, int index, Dim3 block) {
    this.worker = worker;
    this.index = index;
    ints = program.rows().newInts();
    longs = program.rows().newLongs();
    predicates = program.rows().newPredicates();
    local = worker.memory().newLocal(program.localBytes());
    int all = 0;
    for (int lane = 0; lane < LANES; lane++) {
      long thread = (long) index * LANES + lane;
      Dim3 place = block.at(thread);
      tidX[lane] = place.x();
      tidY[lane] = place.y();
      tidZ[lane] = place.z();
      all |= thread < block.size() ? 1 << lane : 0;
    }
    threads = all;
  }

  /** Forgets the block before. */
  void start() {
    live = threads;
    local.clear();
  }

  /** Whether no other lane is live, so that a loop may write whole rows. */
  boolean isWhole(int mask) {
    return (live & ~mask) == 0;
  }

  /** Takes the lanes of a partial mask from the scratch row. */
  void takeInts(int row, int mask) {
    if (!isWhole(mask)) {
      int[] target = ints[row];
      for (int m = mask; m != 0; m &= m - 1) {
        int lane = Integer.numberOfTrailingZeros(m);
        target[lane] = intScratch[lane];
      }
    }
  }

  /** Takes the lanes of a partial mask from the scratch row. */
  void takeLongs(int row, int mask) {
    if (!isWhole(mask)) {
      long[] target = longs[row];
      for (int m = mask; m != 0; m &= m - 1) {
        int lane = Integer.numberOfTrailingZeros(m);
        target[lane] = longScratch[lane];
      }
    }
  }

  /** Sets the lanes of {@code mask} of a predicate. */
  void setPredicate(int row, int value, int mask) {
    predicates[row] = Bits.select(mask, value, predicates[row]);
  }

  int thread(int lane) {
    return index * LANES + lane;
  }
}
