package dev.multibox.backend.cuda.driver;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/** The page-locked memory of a driver, as far as it is still there. Any thread may call it. */
public final class PinnedRanges {
  private final List<MemorySegment> ranges = new ArrayList<>();

  public synchronized void add(MemorySegment range) {
    ranges.removeIf(other -> !other.scope().isAlive());
    ranges.add(range);
  }

  /**
   * Refuses memory that does not lie in one of these.
   *
   * @param call says in the message who asks
   * @throws IllegalArgumentException if {@code segment} is not pinned
   */
  public synchronized void require(String call, MemorySegment segment) {
    for (MemorySegment range : ranges) {
      long offset = segment.address() - range.address();
      if (segment.isNative()
          && range.scope().isAlive()
          && offset >= 0
          && offset + segment.byteSize() <= range.byteSize()) {
        return;
      }
    }
    throw new IllegalArgumentException("%s: the host memory is not pinned".formatted(call));
  }
}
