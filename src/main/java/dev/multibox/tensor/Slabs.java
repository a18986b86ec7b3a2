package dev.multibox.tensor;

import org.jspecify.annotations.Nullable;

/**
 * Small tensors side by side in slabs of a fixed size, large ones in memory of their own: how an
 * arena divides what it is given, whatever that is.
 *
 * @param <M> what a piece of memory is known by
 */
public final class Slabs<M> {
  /** Where memory comes from; who provides it remembers it, to free it. */
  public interface Source<M> {
    /** Memory of {@code bytes} bytes, at least 1. */
    M allocate(long bytes);

    /** {@code bytes} bytes of {@code slab}, from {@code offset} on. */
    M part(M slab, long offset, long bytes);
  }

  private final long slabBytes;
  private final Source<M> source;
  private @Nullable M slab;
  private long used;
  private long allocatedBytes;

  /** {@code slabBytes} is 0 for memory of its own for every tensor, exactly as long as that. */
  public Slabs(long slabBytes, Source<M> source) {
    this.slabBytes = slabBytes;
    this.source = source;
  }

  /** Memory for a tensor of {@code bytes} bytes, which may be none, that nobody else has. */
  public M take(long bytes) {
    long padded = TensorArena.padded(bytes);
    allocatedBytes += padded;
    if (padded > slabBytes / 4) {
      return source.allocate(Math.max(bytes, 1));
    }
    if (slab == null || used + padded > slabBytes) {
      slab = source.allocate(slabBytes);
      used = 0;
    }
    M part = source.part(slab, used, bytes);
    used += padded;
    return part;
  }

  /** Bytes taken so far, padding to the alignment included. */
  public long allocatedBytes() {
    return allocatedBytes;
  }
}
