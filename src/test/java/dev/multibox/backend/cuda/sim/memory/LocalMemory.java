package dev.multibox.backend.cuda.sim.memory;

/** The local memory of a warp: for each lane, its arrays and what it passes to functions. */
public final class LocalMemory {
  private final long bytesPerLane;
  private final long data;
  private final long state;

  LocalMemory(HostPages pages, int bytesPerLane) {
    this.bytesPerLane = bytesPerLane;
    data = pages.take(Math.max(1, bytesPerLane * (long) Request.LANES));
    state = pages.take(Math.max(1, bytesPerLane * (long) Request.LANES));
  }

  /** Forgets what was written, at the start of a block. */
  public void clear() {
    Raw.fill(state, bytesPerLane * Request.LANES, (byte) ByteState.WRITABLE);
  }

  boolean contains(long offset, int bytes) {
    return offset >= 0 && offset <= bytesPerLane - bytes;
  }

  /** The address in host memory of a lane's byte. */
  public long host(int lane, long offset) {
    return data + lane * bytesPerLane + offset;
  }

  long state(int lane, long offset) {
    return state + lane * bytesPerLane + offset;
  }

  /** Copies bytes of one lane from one place to another, as written. */
  public void copy(int lane, int from, int to, int bytes) {
    Raw.copy(host(lane, from), host(lane, to), bytes);
    Raw.copy(state(lane, from), state(lane, to), bytes);
  }
}
