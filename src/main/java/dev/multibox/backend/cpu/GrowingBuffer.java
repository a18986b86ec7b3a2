package dev.multibox.backend.cpu;

import dev.multibox.tensor.TensorArena;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * Native memory that becomes as long as the longest use of it; its content is lost when it grows.
 */
final class GrowingBuffer implements AutoCloseable {
  private Arena arena = Arena.ofShared();
  private MemorySegment memory = MemorySegment.NULL;

  /** At least {@code bytes} bytes of unspecified content. */
  MemorySegment atLeast(long bytes) {
    if (memory.byteSize() < bytes) {
      arena.close();
      arena = Arena.ofShared();
      memory = arena.allocate(bytes, TensorArena.ALIGNMENT);
    }
    return memory;
  }

  /** What it has grown to. */
  long bytes() {
    return memory.byteSize();
  }

  @Override
  public void close() {
    arena.close();
  }
}
