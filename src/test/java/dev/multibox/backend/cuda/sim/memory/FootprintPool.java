package dev.multibox.backend.cuda.sim.memory;

import java.util.ArrayDeque;
import java.util.Deque;

/** Memory for footprints, used again. */
public final class FootprintPool {
  /** Three bit maps and the values of a chunk. */
  private static final long BYTES = 3L * Chunk.BYTES / 8 + Chunk.BYTES;

  private static final long MAP_BYTES = 3L * Chunk.BYTES / 8;

  private final HostPages pages;
  private final Deque<Long> unused = new ArrayDeque<>();

  public FootprintPool(DeviceMemory memory) {
    pages = memory.pages();
  }

  public Footprint newFootprint() {
    return new Footprint(this);
  }

  synchronized long take() {
    Long used = unused.poll();
    if (used == null) {
      return pages.take(BYTES);
    }
    Raw.fill(used, MAP_BYTES, (byte) 0);
    return used;
  }

  synchronized void give(long maps) {
    unused.push(maps);
  }
}
