package dev.multibox.backend.cuda.sim.memory;

import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Which bytes of global memory were read, written, or changed atomically, and what was written: one
 * bit per byte and kind, and the last values, for each chunk that was touched.
 */
public final class Footprint {
  private static final long MAP_BYTES = Chunk.BYTES / 8;
  private static final long WRITES = MAP_BYTES;
  private static final long ATOMICS = 2 * MAP_BYTES;
  private static final long VALUES = 3 * MAP_BYTES;

  private final FootprintPool pool;
  private final Map<Long, Long> chunks = new HashMap<>();
  private long lastIndex = -1;
  private long last;

  Footprint(FootprintPool pool) {
    this.pool = pool;
  }

  /** Marks what a lane is about to do. */
  void mark(Request request, int lane, long address) {
    Access access = request.access;
    int bytes = access.bytes();
    int offset = offset(address);
    long maps = maps(address);
    long map = !access.writes() ? maps : access.isStrong() ? maps + ATOMICS : maps + WRITES;
    set(map, offset, bytes);
    if (access.writes() && !access.isAtomic()) {
      request.values.store(lane, maps + VALUES + offset);
    }
  }

  /** Marks a range that the host reads or writes. */
  public void mark(long address, long bytes, boolean writes) {
    long end = address + bytes;
    for (long at = address; at < end; ) {
      int part = (int) Math.min(end - at, Long.SIZE - (at & Long.SIZE - 1));
      long maps = maps(at);
      set(writes ? maps + WRITES : maps, offset(at), part);
      at += part;
    }
  }

  /** Sets up to 64 bits that lie in one word of the map. */
  private static void set(long map, int offset, int bits) {
    long word = map + (offset >>> 6) * 8L;
    Raw.putLong(word, Raw.getLong(word) | -1L >>> (Long.SIZE - bits) << (offset & 63));
  }

  private long maps(long address) {
    long index = (address - DeviceMemory.BASE) >>> Chunk.BITS;
    if (index != lastIndex) {
      last = chunks.computeIfAbsent(index, _ -> pool.take());
      lastIndex = index;
    }
    return last;
  }

  private static int offset(long address) {
    return (int) (address - DeviceMemory.BASE) & (Chunk.BYTES - 1);
  }

  /** Gives the maps back. */
  public void release() {
    chunks.values().forEach(pool::give);
    chunks.clear();
    lastIndex = -1;
  }

  /** A byte that two footprints touched without being allowed to; null if there is none. */
  public @Nullable Conflict conflictWith(Footprint other) {
    for (Map.Entry<Long, Long> entry : chunks.entrySet()) {
      Long theirs = other.chunks.get(entry.getKey());
      if (theirs != null) {
        Conflict conflict = conflict(entry.getKey(), entry.getValue(), theirs);
        if (conflict != null) {
          return conflict;
        }
      }
    }
    return null;
  }

  /**
   * A byte in conflict, and what the two sides did to it.
   *
   * @param firstWrites whether the first changed it
   * @param secondWrites whether the second changed it
   */
  public record Conflict(long address, boolean firstWrites, boolean secondWrites) {}

  private static @Nullable Conflict conflict(long index, long a, long b) {
    for (long i = 0; i < MAP_BYTES; i += 8) {
      long writesA = Raw.getLong(a + WRITES + i);
      long writesB = Raw.getLong(b + WRITES + i);
      long atomicsA = Raw.getLong(a + ATOMICS + i);
      long atomicsB = Raw.getLong(b + ATOMICS + i);
      long changedA = writesA | atomicsA;
      long changedB = writesB | atomicsB;
      long plain = (Raw.getLong(a + i) & changedB) | (Raw.getLong(b + i) & changedA);
      long mixed = (writesA & atomicsB) | (writesB & atomicsA);
      long both = differing(writesA & writesB, a + VALUES + i * 8, b + VALUES + i * 8);
      long found = plain | mixed | both;
      if (found != 0) {
        int bit = Long.numberOfTrailingZeros(found);
        long address = DeviceMemory.BASE + (index << Chunk.BITS) + i * 8 + bit;
        return new Conflict(address, (changedA >>> bit & 1) != 0, (changedB >>> bit & 1) != 0);
      }
    }
    return null;
  }

  /** The bytes among {@code bits} whose values differ. */
  private static long differing(long bits, long valuesA, long valuesB) {
    long differing = 0;
    for (long m = bits; m != 0; m &= m - 1) {
      int bit = Long.numberOfTrailingZeros(m);
      if (Raw.getByte(valuesA + bit) != Raw.getByte(valuesB + bit)) {
        differing |= 1L << bit;
      }
    }
    return differing;
  }
}
