package dev.multibox.backend.cuda.sim.instruction;

import java.util.Arrays;
import java.util.Map;

/** The registers of the machine. */
final class Specials {
  private static final Map<String, Fill> FILLS =
      Map.ofEntries(
          Map.entry("%tid.x", (w, d) -> copy(w.tidX, d)),
          Map.entry("%tid.y", (w, d) -> copy(w.tidY, d)),
          Map.entry("%tid.z", (w, d) -> copy(w.tidZ, d)),
          uniform("%ntid.x", w -> w.worker.scope().block().x()),
          uniform("%ntid.y", w -> w.worker.scope().block().y()),
          uniform("%ntid.z", w -> w.worker.scope().block().z()),
          uniform("%ctaid.x", w -> w.worker.block().x()),
          uniform("%ctaid.y", w -> w.worker.block().y()),
          uniform("%ctaid.z", w -> w.worker.block().z()),
          uniform("%nctaid.x", w -> w.worker.scope().grid().x()),
          uniform("%nctaid.y", w -> w.worker.scope().grid().y()),
          uniform("%nctaid.z", w -> w.worker.scope().grid().z()),
          uniform("%warpid", w -> w.index),
          uniform("%nwarpid", _ -> Warp.LANES),
          uniform("%smid", w -> w.worker.number()),
          uniform("%nsmid", _ -> 2),
          uniform("%gridid", _ -> 0),
          uniform("%clock", w -> (int) w.worker.memory().counters().warpInstructions),
          uniform("%clock_hi", _ -> 0),
          uniform("%dynamic_smem_size", w -> w.worker.dynamicShared()),
          uniform("%total_smem_size", w -> w.worker.totalShared()),
          Map.entry("%laneid", (_, d) -> Arrays.setAll(d, lane -> lane)),
          Map.entry("%lanemask_eq", (_, d) -> Arrays.setAll(d, lane -> 1 << lane)),
          Map.entry("%lanemask_lt", (_, d) -> Arrays.setAll(d, lane -> (1 << lane) - 1)),
          Map.entry("%lanemask_le", (_, d) -> Arrays.setAll(d, lane -> (1 << lane << 1) - 1)),
          Map.entry("%lanemask_gt", (_, d) -> Arrays.setAll(d, lane -> -(1 << lane << 1))),
          Map.entry("%lanemask_ge", (_, d) -> Arrays.setAll(d, lane -> -(1 << lane))));

  private Specials() {}

  /** Writes what the 32 lanes of a warp have in a register. */
  @FunctionalInterface
  private interface Fill {
    void fill(Warp w, int[] d);
  }

  /** What all lanes of a warp have in a register. */
  @FunctionalInterface
  private interface Uniform {
    int of(Warp w);
  }

  private static Map.Entry<String, Fill> uniform(String name, Uniform value) {
    return Map.entry(name, (w, d) -> Arrays.fill(d, value.of(w)));
  }

  private static void copy(int[] from, int[] to) {
    System.arraycopy(from, 0, to, 0, Warp.LANES);
  }

  /** Reads a register of the machine into a row. */
  static Operation read(String name, int row, boolean wide) {
    if (name.equals("%clock64") || name.equals("%globaltimer")) {
      return (w, mask) -> {
        Arrays.fill(w.longScratch, w.worker.memory().counters().warpInstructions);
        take(w, row, mask, wide);
      };
    }
    Fill fill = FILLS.get(name);
    if (fill == null) {
      throw new IllegalArgumentException("the register %s is not simulated".formatted(name));
    }
    if (!wide) {
      return (w, mask) -> {
        fill.fill(w, w.isWhole(mask) ? w.ints[row] : w.intScratch);
        w.takeInts(row, mask);
      };
    }
    return (w, mask) -> {
      fill.fill(w, w.intScratch);
      for (int lane = 0; lane < Warp.LANES; lane++) {
        w.longScratch[lane] = w.intScratch[lane] & 0xffff_ffffL;
      }
      take(w, row, mask, true);
    };
  }

  private static void take(Warp w, int row, int mask, boolean wide) {
    for (int m = mask; m != 0; m &= m - 1) {
      int lane = Integer.numberOfTrailingZeros(m);
      if (wide) {
        w.longs[row][lane] = w.longScratch[lane];
      } else {
        w.ints[row][lane] = (int) w.longScratch[lane];
      }
    }
  }
}
