package dev.multibox.backend.cpu;

import dev.multibox.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.HashMap;
import java.util.Map;

/**
 * A layout that primitives want filters in, with a copy in it of every filter that was asked for,
 * renewed when the filter has changed.
 */
final class OneDnnFilterLayout implements AutoCloseable {
  /** The copy of {@code filter} as it was at {@code version}. */
  private static final class Copy {
    final GrowingBuffer buffer = new GrowingBuffer();
    Tensor filter;
    long version;

    Copy(Tensor filter) {
      this.filter = filter;
    }
  }

  private final MemorySegment preferred;
  private final boolean same;
  private final OneDnnPrimitive reorder;
  private final Map<Long, Copy> copies = new HashMap<>();

  /**
   * @param dense describes our layout, {@code [K, R, S, C / groups]}
   * @param preferred describes the layout of the copies
   */
  OneDnnFilterLayout(OneDnnEngine engine, MemorySegment dense, MemorySegment preferred) {
    this.preferred = preferred;
    same = OneDnn.equal(dense, preferred);
    reorder = OneDnnPrimitive.reorder(engine, dense, preferred, false);
  }

  boolean is(MemorySegment descriptor) {
    return OneDnn.equal(preferred, descriptor);
  }

  /** What a copy takes: nothing where filters are in this layout already. */
  long bytesOfCopy() {
    return same ? 0 : OneDnn.bytes(preferred);
  }

  /** What making a copy uses of the scratchpad. */
  long scratchpadBytes() {
    return same ? 0 : reorder.scratchpadBytes();
  }

  /** What all copies take that were made so far. */
  long bytes() {
    return copies.values().stream().mapToLong(copy -> copy.buffer.bytes()).sum();
  }

  /** The elements of {@code filter} in this layout: the filter itself if it is ours. */
  MemorySegment of(Tensor filter) {
    if (same) {
      return filter.host();
    }
    Copy copy = copies.get(filter.address());
    if (copy == null) {
      forgetClosed();
      copy = new Copy(filter);
      copies.put(filter.address(), copy);
    }
    MemorySegment data = copy.buffer.atLeast(OneDnn.bytes(preferred));
    if (copy.version != filter.version()) {
      reorder.execute(filter.host(), data);
      copy.filter = filter;
      copy.version = filter.version();
    }
    return data;
  }

  private void forgetClosed() {
    copies
        .values()
        .removeIf(copy -> {
          boolean gone = !copy.filter.isOpen();
          if (gone) {
            copy.buffer.close();
          }
          return gone;
        });
  }

  @Override
  public void close() {
    copies.values().forEach(copy -> copy.buffer.close());
  }
}
