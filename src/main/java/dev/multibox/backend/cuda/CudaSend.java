package dev.multibox.backend.cuda;

import dev.multibox.backend.cuda.driver.Driver;
import dev.multibox.backend.cuda.driver.Event;
import dev.multibox.backend.cuda.driver.Stream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * Small copies to the device in the order of a stream, through a ring of page-locked memory that is
 * written in two halves: the host waits only where it is half a ring ahead.
 */
final class CudaSend implements AutoCloseable {
  private static final long BYTES = 1 << 20;
  private static final long ALIGNMENT = 16;

  private final Stream stream;
  private final Arena pinned = Arena.ofShared();
  private final MemorySegment[] halves = new MemorySegment[2];
  private final Event[] copied = new Event[2];
  private int half;
  private long used;

  CudaSend(Driver driver, Stream stream) {
    this.stream = stream;
    for (int i = 0; i < 2; i++) {
      halves[i] = driver.allocatePinned(BYTES, pinned);
      copied[i] = driver.newEvent();
    }
  }

  /** Whether so many bytes go this way. */
  static boolean takes(long bytes) {
    return bytes <= BYTES;
  }

  void send(MemorySegment source, long target) {
    if (used + source.byteSize() > BYTES) {
      stream.record(copied[half]);
      half = 1 - half;
      used = 0;
      copied[half].synchronize();
    }
    MemorySegment slot = halves[half].asSlice(used, source.byteSize());
    slot.copyFrom(source);
    stream.upload(slot, target);
    used += Math.ceilDiv(source.byteSize(), ALIGNMENT) * ALIGNMENT;
  }

  @Override
  public void close() {
    for (Event event : copied) {
      event.close();
    }
    pinned.close();
  }
}
