package dev.multibox.backend.cuda.sim.memory;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/**
 * The unordered readers of a word, one by one, in a block that uses barriers of some lanes or some
 * warps: a scope alone would not tell which of the readers such a barrier has ordered.
 */
final class ExactReaders {
  /** Stamps of single threads; the first {@code count} are set. */
  private static final class Readers {
    private long[] stamps = new long[4];
    private int count;

    void add(long stamp) {
      for (int i = 0; i < count; i++) {
        if (Stamp.thread(stamps[i]) == Stamp.thread(stamp)) {
          stamps[i] = stamp;
          return;
        }
      }
      if (count == stamps.length) {
        stamps = Arrays.copyOf(stamps, 2 * count);
      }
      stamps[count++] = stamp;
    }
  }

  private final Map<Long, Readers> byCell = new HashMap<>();

  void clear() {
    byCell.clear();
  }

  /** Adds a reader to a word whose last read, of one thread or several, is {@code old}. */
  void add(long cell, long old, long stamp) {
    Readers readers = byCell.get(cell);
    if (readers == null || Stamp.scope(old) == Stamp.LANE) {
      readers = new Readers();
      readers.add(old);
      byCell.put(cell, readers);
    }
    readers.add(stamp);
  }

  /** Whether every reader that {@code read} stands for is past for a lane. */
  boolean allPast(long cell, long read, BlockClock clock, int warp, int lane) {
    Readers readers = byCell.get(cell);
    int scope = Stamp.scope(read);
    if (readers == null || scope == Stamp.LANE || scope == Stamp.GRID) {
      return false;
    }
    int own = warp * Request.LANES + lane;
    for (int i = 0; i < readers.count; i++) {
      long stamp = readers.stamps[i];
      if (Stamp.thread(stamp) != own && !clock.isPast(stamp, warp, lane)) {
        return false;
      }
    }
    return true;
  }
}
