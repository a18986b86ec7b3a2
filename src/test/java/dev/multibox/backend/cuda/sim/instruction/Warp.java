package dev.multibox.backend.cuda.sim.instruction;

import dev.multibox.backend.cuda.sim.memory.LocalMemory;
import dev.multibox.backend.cuda.sim.report.Dim3;

/** The registers of 32 lanes, a row of 32 for each, and what is theirs alone. */
public final class Warp {
  /** How many there are in a warp. */
  public static final int LANES = 32;

  /** The mask of all lanes. */
  public static final int ALL = -1;

  /** Registers of up to 32 bits: row, then lane. */
  public final int[][] ints;

  /** Registers of 64 bits: row, then lane. */
  public final long[][] longs;

  /** Predicates: bit i for lane i. */
  public final int[] predicates;

  /** Where loops write under a partial mask. */
  final int[] intScratch = new int[LANES];

  final long[] longScratch = new long[LANES];

  /** The carry flag of each lane. */
  int carry;

  /** The number of this warp in its block. */
  public final int index;

  /** The lanes that are threads of the block. */
  public final int threads;

  /** The lanes that have not ended. */
  public int live;

  /** For each lane that ended, the last block it ran that did more than end. */
  public final int[] lastBlock = new int[LANES];

  final int[] tidX = new int[LANES];
  final int[] tidY = new int[LANES];
  final int[] tidZ = new int[LANES];
  public final LocalMemory local;

  /** The simulating thread that runs it. */
  public final Worker worker;

  /**
   * Makes warp number {@code index} of blocks of some size.
   *
   * @param rows how many registers it needs
   * @param localBytes its local memory per lane
   */
  public Warp(Worker worker, Rows rows, int localBytes, int index, Dim3 block) {
    this.worker = worker;
    this.index = index;
    ints = rows.newInts();
    longs = rows.newLongs();
    predicates = rows.newPredicates();
    local = worker.memory().newLocal(localBytes);
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
  public void start() {
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
  public void setPredicate(int row, int value, int mask) {
    predicates[row] = Bits.select(mask, value, predicates[row]);
  }

  /** The number of a lane's thread in its block. */
  public int thread(int lane) {
    return index * LANES + lane;
  }
}
