package dev.multibox.backend.cuda.sim.memory;

/** A range of device memory that somebody asked for. */
public final class Allocation {
  private final long start;
  private final long bytes;
  private final String name;
  private boolean freed;

  Allocation(long start, long bytes, String name) {
    this.start = start;
    this.bytes = bytes;
    this.name = name;
  }

  public long start() {
    return start;
  }

  public long bytes() {
    return bytes;
  }

  public boolean isFreed() {
    return freed;
  }

  void setFreed() {
    freed = true;
  }

  boolean contains(long address, long length) {
    return address >= start && length <= bytes && address - start <= bytes - length;
  }

  /** For example {@code allocation 0x10000000100 (4096 bytes)}. */
  @Override
  public String toString() {
    return "%s 0x%x (%d bytes%s)".formatted(name, start, bytes, freed ? ", freed" : "");
  }
}
