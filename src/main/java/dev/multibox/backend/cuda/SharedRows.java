package dev.multibox.backend.cuda;

import static java.lang.foreign.ValueLayout.JAVA_INT;

import dev.multibox.backend.cuda.driver.Launch;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** How a block of the kernels of {@code rows.cuh} keeps rows of logits in shared memory. */
final class SharedRows {
  /** Floats of a block's rows, where a row is not longer: nine blocks fit a large GPU's memory. */
  private static final int FLOATS = 6144;

  private static final int WARP = 32;
  private static final int LEAST_GROUP = 4;

  /** Words that a row has beside its logits. */
  private static final int EXTRA = 3;

  private static final int STRUCTURE_INTS = 4;

  private final MemorySegment structure = Arena.ofAuto().allocate(JAVA_INT, STRUCTURE_INTS);

  /** How far apart rows lie: an odd number, so that they begin in different banks. */
  private static int stride(int classes) {
    return classes | 1;
  }

  /** How many times {@code perCell} rows a block takes: at least one, at most 256 rows. */
  static int cells(int classes, int perCell) {
    int rows = Math.min(KernelFamily.THREADS, FLOATS / stride(classes));
    return Math.max(1, rows / perCell);
  }

  /** Warps of a block each of which keeps a row of its own: eight, fewer of long rows. */
  static int warps(int classes) {
    return Math.clamp(2 * FLOATS / classes, 1, KernelFamily.THREADS / WARP);
  }

  /** The dynamic shared memory of so many rows, which the kernel is allowed if need be. */
  static Launch withRoom(Launch launch, int rows, int classes) {
    return withRoom(launch, Math.multiplyExact(rows, (stride(classes) + EXTRA) * Float.BYTES));
  }

  /** Dynamic shared memory, which the kernel is allowed if need be. */
  static Launch withRoom(Launch launch, int bytes) {
    if (bytes > launch.kernel().attributes().maxDynamicSharedBytes()) {
      launch.kernel().allowDynamicShared(bytes);
    }
    return launch.shared(bytes);
  }

  /** The structure {@code Rows}. */
  MemorySegment structure(int classes) {
    int group = Math.max(LEAST_GROUP, Math.min(WARP, Integer.highestOneBit(2 * classes - 1)));
    structure.setAtIndex(JAVA_INT, 0, classes);
    structure.setAtIndex(JAVA_INT, 1, stride(classes));
    structure.setAtIndex(JAVA_INT, 2, group);
    structure.setAtIndex(
        JAVA_INT, 3, classes == 1 ? 0 : (int) ((1L << Integer.SIZE) / classes + 1));
    return structure;
  }
}
