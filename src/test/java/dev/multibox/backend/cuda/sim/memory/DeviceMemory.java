package dev.multibox.backend.cuda.sim.memory;

import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The global memory of the simulated GPU: addresses that are handed out once and never again, with
 * gaps between allocations, so that every stray access and every use after free is seen.
 *
 * <p>Memory is backed in chunks when it is first touched. A chunk that is only filled, by {@code
 * memset}, remembers the value and stays unbacked.
 */
public final class DeviceMemory implements AutoCloseable {
  /** The first address. */
  public static final long BASE = 1L << 40;

  private static final long ALIGNMENT = 256;

  private final HostPages pages = new HostPages();
  private final NavigableMap<Long, Allocation> allocations = new TreeMap<>();
  private final Map<Integer, Byte> fills = new HashMap<>();
  private final Deque<Chunk> unused = new ArrayDeque<>();
  private final long totalBytes;
  private final int workers;
  private @Nullable Chunk[] chunks = new Chunk[64];
  private long next = BASE;
  private long usedBytes;

  /**
   * @param totalBytes how much can be allocated at a time
   * @param workers how many threads simulate
   */
  public DeviceMemory(long totalBytes, int workers) {
    this.totalBytes = totalBytes;
    this.workers = workers;
  }

  HostPages pages() {
    return pages;
  }

  public long freeBytes() {
    return totalBytes - usedBytes;
  }

  /**
   * Allocates memory whose content is undefined.
   *
   * @param name how messages call it
   * @return the address, or 0 if there is not enough
   */
  public long allocate(long bytes, String name) {
    if (bytes > freeBytes()) {
      return 0;
    }
    long start = next;
    // At least one gap of ALIGNMENT bytes follows.
    next = start + Math.ceilDiv(bytes, ALIGNMENT) * ALIGNMENT + ALIGNMENT;
    int needed = Math.toIntExact(index(next) + 1);
    if (needed > chunks.length) {
      chunks = Arrays.copyOf(chunks, Math.max(needed, chunks.length * 2));
    }
    Allocation allocation = new Allocation(start, bytes, name);
    allocations.put(start, allocation);
    usedBytes += bytes;
    setState(allocation, ByteState.WRITABLE);
    return start;
  }

  /** Frees the allocation that starts at {@code address}; returns whether there was one. */
  public boolean free(long address) {
    Allocation allocation = allocations.get(address);
    if (allocation == null || allocation.isFreed()) {
      return false;
    }
    allocation.setFreed();
    usedBytes -= allocation.bytes();
    setState(allocation, ByteState.FREED);
    return true;
  }

  /** Makes memory that was filled read-only, as {@code __constant__} variables are. */
  public void seal(long address) {
    Allocation allocation = allocations.get(address);
    if (allocation != null) {
      setState(allocation, ByteState.WRITTEN);
    }
  }

  /** Gives the backed bytes of an allocation a state; what is backed later asks the allocation. */
  private void setState(Allocation allocation, int state) {
    long end = allocation.start() + allocation.bytes();
    for (long at = allocation.start(); at < end; at = nextChunk(at)) {
      int index = index(at);
      Chunk chunk = chunks[index];
      boolean whole = at == address(index) && nextChunk(at) <= end;
      if (chunk != null && whole && state == ByteState.FREED) {
        unused.push(chunk);
        chunks[index] = null;
      } else if (chunk != null) {
        Raw.fill(chunk.state + offset(at), Math.min(nextChunk(at), end) - at, (byte) state);
      }
      if (whole && state == ByteState.FREED) {
        fills.remove(index);
      }
    }
  }

  /** The chunk of an address, backed if need be; null where nothing was ever allocated. */
  @Nullable Chunk chunk(long address) {
    long index = (address - BASE) >>> Chunk.BITS;
    if (index >= chunks.length) {
      return null;
    }
    Chunk chunk = chunks[(int) index];
    return chunk != null ? chunk : back((int) index);
  }

  /** The chunk of an address inside an allocation. */
  private Chunk backed(long address) {
    Chunk chunk = chunk(address);
    if (chunk == null) {
      throw new IllegalStateException("0x%x was never allocated".formatted(address));
    }
    return chunk;
  }

  private synchronized @Nullable Chunk back(int index) {
    Chunk existing = chunks[index];
    if (existing != null) {
      return existing;
    }
    Map.Entry<Long, Allocation> before = allocations.floorEntry(address(index));
    long from = before == null ? address(index) : before.getKey();
    Map<Long, Allocation> inside = allocations.subMap(from, address(index + 1));
    if (inside.isEmpty()) {
      return null;
    }
    Chunk chunk = unused.isEmpty() ? new Chunk(pages, workers) : unused.pop();
    Raw.fill(chunk.state, Chunk.BYTES, (byte) 0);
    Byte fill = fills.remove(index);
    if (fill != null) {
      Raw.fill(chunk.data, Chunk.BYTES, fill);
    }
    for (Allocation allocation : inside.values()) {
      int live = fill == null ? ByteState.WRITABLE : ByteState.WRITABLE | ByteState.WRITTEN;
      markRange(chunk, index, allocation, allocation.isFreed() ? ByteState.FREED : live);
    }
    chunks[index] = chunk;
    return chunk;
  }

  private static void markRange(Chunk chunk, int index, Allocation allocation, int state) {
    long from = Math.max(allocation.start(), address(index));
    long to = Math.min(allocation.start() + allocation.bytes(), address(index + 1));
    if (from < to) {
      Raw.fill(chunk.state + offset(from), to - from, (byte) state);
    }
  }

  /** The allocation that an address lies in or behind; null before the first. */
  public @Nullable Allocation before(long address) {
    Map.Entry<Long, Allocation> entry = allocations.floorEntry(address);
    return entry == null ? null : entry.getValue();
  }

  /** What is wrong with using {@code bytes} bytes from {@code address} on; null if nothing is. */
  public @Nullable String faultOf(long address, long bytes) {
    Allocation allocation = before(address);
    if (allocation == null || !allocation.contains(address, bytes)) {
      return "%d bytes at 0x%x lie in no allocation%s"
          .formatted(bytes, address, allocation == null ? "" : "; before it: " + allocation);
    }
    return allocation.isFreed() ? "it was freed: " + allocation : null;
  }

  /** Copies host memory to an allocation. */
  public void write(long address, MemorySegment source) {
    long end = address + source.byteSize();
    for (long at = address; at < end; at = nextChunk(at)) {
      Chunk chunk = backed(at);
      long bytes = Math.min(nextChunk(at), end) - at;
      MemorySegment.copy(
          source, at - address, Raw.segment(chunk.data + offset(at), bytes), 0, bytes);
      Raw.fill(chunk.state + offset(at), bytes, (byte) (ByteState.WRITABLE | ByteState.WRITTEN));
    }
  }

  /**
   * Copies from an allocation to host memory.
   *
   * @return the address of the first byte that nobody wrote, or 0
   */
  public long read(long address, MemorySegment target) {
    long unwritten = 0;
    long end = address + target.byteSize();
    for (long at = address; at < end; at = nextChunk(at)) {
      Chunk chunk = backed(at);
      long bytes = Math.min(nextChunk(at), end) - at;
      MemorySegment.copy(
          Raw.segment(chunk.data + offset(at), bytes), 0, target, at - address, bytes);
      long index = firstUnwritten(chunk.state + offset(at), bytes);
      if (index >= 0 && unwritten == 0) {
        unwritten = at + index;
      }
    }
    return unwritten;
  }

  private static long firstUnwritten(long state, long bytes) {
    long i = 0;
    while (i + 8 <= bytes && ByteState.all(state + i, 8, ByteState.WRITTEN)) {
      i += 8;
    }
    while (i < bytes && ByteState.all(state + i, 1, ByteState.WRITTEN)) {
      i++;
    }
    return i < bytes ? i : -1;
  }

  /** Copies between allocations; whether bytes were written travels with them. */
  public void copy(long source, long target, long bytes) {
    for (long done = 0; done < bytes; ) {
      long from = source + done;
      long to = target + done;
      long part = Math.min(bytes - done, Math.min(nextChunk(from) - from, nextChunk(to) - to));
      Chunk a = backed(from);
      Chunk b = backed(to);
      Raw.copy(a.data + offset(from), b.data + offset(to), part);
      for (long i = 0; i < part; i++) {
        int written = Raw.getByte(a.state + offset(from) + i) & ByteState.WRITTEN;
        Raw.putByte(b.state + offset(to) + i, (byte) (ByteState.WRITABLE | written));
      }
      done += part;
    }
  }

  /** Sets bytes of an allocation. */
  public void fill(long address, long bytes, byte value) {
    long end = address + bytes;
    for (long at = address; at < end; at = nextChunk(at)) {
      long part = Math.min(nextChunk(at), end) - at;
      if (part == Chunk.BYTES && chunks[index(at)] == null) {
        fills.put(index(at), value);
      } else {
        Chunk chunk = backed(at);
        Raw.fill(chunk.data + offset(at), part, value);
        Raw.fill(chunk.state + offset(at), part, (byte) (ByteState.WRITABLE | ByteState.WRITTEN));
      }
    }
  }

  /** Forgets who touched what, for one simulating thread. */
  void clearCells(int worker) {
    for (Chunk chunk : chunks) {
      if (chunk != null) {
        chunk.clearCells(worker);
      }
    }
    unused.forEach(chunk -> chunk.clearCells(worker));
  }

  private static int index(long address) {
    return (int) ((address - BASE) >>> Chunk.BITS);
  }

  private static long address(int index) {
    return BASE + ((long) index << Chunk.BITS);
  }

  private static long nextChunk(long address) {
    return address(index(address) + 1);
  }

  private static long offset(long address) {
    return (address - BASE) & (Chunk.BYTES - 1);
  }

  @Override
  public void close() {
    pages.close();
  }
}
