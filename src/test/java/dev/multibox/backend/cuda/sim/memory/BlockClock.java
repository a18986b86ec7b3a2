package dev.multibox.backend.cuda.sim.memory;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * What the barriers of a running block have ordered.
 *
 * <p>Time is counted per warp, in {@link Stamp#time}: barriers of the whole block, then barriers of
 * the warp since. A barrier of the whole warp raises the warp's floor, under which everything is
 * past for all its lanes; barriers of some lanes or some warps keep, for each, how far it knows the
 * others.
 */
public final class BlockClock {
  private static final int WARPS = 32;
  private static final int LANES = 32;

  private final int[] warpEpoch = new int[WARPS];
  private final int[] floor = new int[WARPS];

  /** For each warp and lane, up to when it knows each other lane of its warp. */
  private final int[] @Nullable [][] lanesKnown = new int[WARPS][][];

  /** For each warp, up to when it knows each other warp. */
  private int @Nullable [][] warpsKnown;

  private int run;
  private int blockEpoch;

  /** Begins the run of a block. */
  void start(int newRun) {
    run = newRun;
    blockEpoch = 0;
    clear();
  }

  private void clear() {
    Arrays.fill(warpEpoch, 0);
    Arrays.fill(floor, Stamp.time(blockEpoch, 0));
    Arrays.fill(lanesKnown, null);
    warpsKnown = null;
  }

  int run() {
    return run;
  }

  int blockEpoch() {
    return blockEpoch;
  }

  /** The time under which everything is past for all lanes of a warp. */
  int floor(int warp) {
    return floor[warp];
  }

  /** The stamp of lane 0 of a warp, now. */
  long stamp(int warp) {
    return Stamp.of(run, blockEpoch, warpEpoch[warp], warp * LANES);
  }

  private int now(int warp) {
    return Stamp.time(blockEpoch, warpEpoch[warp]);
  }

  /** Whether the block's epochs are used up, so that its next barrier must begin a new run. */
  boolean isWornOut() {
    return blockEpoch == Stamp.MAX_EPOCH;
  }

  /** All threads of the block met. */
  void blockBarrier() {
    blockEpoch++;
    clear();
  }

  /** All lanes of a warp met. */
  public void warpBarrier(int warp) {
    tick(warp);
    if (floor[warp] != Integer.MAX_VALUE) {
      floor[warp] = now(warp);
    }
  }

  /** Once a warp's epochs are used up, its lanes count as ordered: a race may be missed. */
  private void tick(int warp) {
    if (warpEpoch[warp] == Stamp.MAX_EPOCH) {
      floor[warp] = Integer.MAX_VALUE;
    } else {
      warpEpoch[warp]++;
    }
  }

  /** The lanes of {@code mask} met. */
  public void laneBarrier(int warp, int mask) {
    tick(warp);
    int[][] known = lanesKnown[warp];
    if (known == null) {
      known = new int[LANES][LANES];
      lanesKnown[warp] = known;
    }
    int[] joined = new int[LANES];
    for (int lane = 0; lane < LANES; lane++) {
      if ((mask >>> lane & 1) != 0) {
        maximum(joined, known[lane]);
        joined[lane] = now(warp);
      }
    }
    for (int lane = 0; lane < LANES; lane++) {
      if ((mask >>> lane & 1) != 0) {
        maximum(known[lane], joined);
      }
    }
  }

  /** The warps of {@code waiting} met those of {@code arrived}, which did not wait for them. */
  public void warpsBarrier(int waiting, int arrived) {
    int[][] known = warpsKnown;
    if (known == null) {
      known = new int[WARPS][WARPS];
      warpsKnown = known;
    }
    int[] joined = new int[WARPS];
    for (int warp = 0; warp < WARPS; warp++) {
      if (((waiting | arrived) >>> warp & 1) != 0) {
        warpBarrierOf(warp, (waiting >>> warp & 1) != 0);
        maximum(joined, known[warp]);
        joined[warp] = now(warp);
      }
    }
    for (int warp = 0; warp < WARPS; warp++) {
      if ((waiting >>> warp & 1) != 0) {
        maximum(known[warp], joined);
      }
    }
  }

  private void warpBarrierOf(int warp, boolean waits) {
    if (waits) {
      warpBarrier(warp);
    } else {
      tick(warp);
    }
  }

  private static void maximum(int[] into, int[] other) {
    for (int i = 0; i < into.length; i++) {
      into[i] = Math.max(into[i], other[i]);
    }
  }

  /** Whether an access of this run, stamped {@code old}, is past for a lane. */
  boolean isPast(long old, int warp, int lane) {
    int time = Stamp.time(old);
    int scope = Stamp.scope(old);
    if (Stamp.blockEpoch(old) < blockEpoch) {
      return true;
    }
    if (scope == Stamp.BLOCK) {
      return false;
    }
    int other = Stamp.warp(old);
    if (other != warp) {
      int[][] known = warpsKnown;
      return known != null && time < known[warp][other];
    }
    if (time < floor[warp]) {
      return true;
    }
    int[][] known = lanesKnown[warp];
    return known != null && scope == Stamp.LANE && time < known[lane][Stamp.thread(old) % LANES];
  }
}
