package dev.multibox.backend.cuda;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import dev.multibox.backend.Checks;
import dev.multibox.backend.Outlet;
import dev.multibox.backend.cuda.driver.Driver;
import dev.multibox.backend.cuda.driver.Event;
import dev.multibox.backend.cuda.driver.Stream;
import dev.multibox.tensor.DType;
import dev.multibox.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.Deque;

/** Copies into a ring of page-locked buffers, each with the event that it is here. */
final class CudaOutlet implements Outlet, AutoCloseable {
  /** Copies under way before the host waits for the oldest: how many steps it may be ahead. */
  private static final int MOST = 4;

  /** A copy and when it is here. */
  private record Copy(MemorySegment memory, Event here) {}

  private final Stream stream;
  private final Tensor source;
  private final Arena pinned = Arena.ofShared();
  private final Deque<Copy> free = new ArrayDeque<>();
  private final Deque<Copy> underWay = new ArrayDeque<>();

  CudaOutlet(Driver driver, Stream stream, Tensor source) {
    Checks.dtype("outlet", DType.F32, source);
    this.stream = stream;
    this.source = source;
    for (int i = 0; i < MOST; i++) {
      free.add(new Copy(driver.allocatePinned(source.bytes(), pinned), driver.newEvent()));
    }
  }

  @Override
  public void copy() {
    if (free.isEmpty()) {
      throw new IllegalStateException("outlet: %d copies were not taken".formatted(MOST));
    }
    Copy copy = free.remove();
    stream.download(source.address(), copy.memory());
    stream.record(copy.here());
    underWay.add(copy);
  }

  @Override
  public int copies() {
    return underWay.size();
  }

  @Override
  public boolean isDue() {
    return free.isEmpty();
  }

  @Override
  public float[] take() {
    if (underWay.isEmpty()) {
      throw new IllegalStateException("outlet: no copy is on its way");
    }
    Copy copy = underWay.remove();
    copy.here().synchronize();
    free.add(copy);
    return copy.memory().toArray(JAVA_FLOAT);
  }

  @Override
  public void close() {
    while (!underWay.isEmpty()) {
      take();
    }
    free.forEach(copy -> copy.here().close());
    pinned.close();
  }
}
