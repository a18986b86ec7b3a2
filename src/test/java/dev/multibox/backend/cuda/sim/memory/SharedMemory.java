package dev.multibox.backend.cuda.sim.memory;

import java.util.List;

/** The shared memory of the block that runs. */
public final class SharedMemory {
  /** A variable, or the dynamic part. */
  public record Range(int offset, int bytes) {}

  /** More than any GPU has. */
  public static final int MOST_BYTES = Chunk.BYTES;

  private final Chunk chunk;
  private int size;

  SharedMemory(HostPages pages, int worker) {
    chunk = new Chunk(pages, worker + 1);
  }

  /** Forgets what the block before wrote; only {@code ranges} may be used. */
  void startBlock(List<Range> ranges) {
    size = 0;
    for (Range range : ranges) {
      int end = range.offset() + range.bytes();
      Raw.fill(chunk.state + size, range.offset() - size, (byte) 0);
      Raw.fill(chunk.state + range.offset(), range.bytes(), (byte) ByteState.WRITABLE);
      size = end;
    }
  }

  Chunk chunk() {
    return chunk;
  }

  boolean contains(long offset, int bytes) {
    return offset >= 0 && offset <= size - bytes;
  }
}
