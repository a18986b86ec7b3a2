package dev.multibox.backend.cuda.sim;

import dev.multibox.backend.cuda.driver.DriverException;
import dev.multibox.backend.cuda.driver.Event;
import dev.multibox.backend.cuda.driver.Graph;
import dev.multibox.backend.cuda.driver.Launch;
import dev.multibox.backend.cuda.driver.Stream;
import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.BitSet;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A queue of work that is done when somebody waits for it. */
public final class SimulatedStream implements Stream {
  /**
   * What is queued: work with its place in time, or an event to wait for or to let happen.
   *
   * @param clock what is past when the work begins, itself counted
   * @param number the work's number in this stream
   */
  record Entry(
      @Nullable Work work,
      SimulatedEvent.@Nullable Recording awaited,
      SimulatedEvent.@Nullable Recording happens,
      Clock clock,
      long number) {
    boolean isReady() {
      return awaited == null || awaited.isDone();
    }
  }

  private static final String CAPTURE = "Stream.capture(work)";

  private final SimulatedDriver driver;
  private final int id;
  private final Deque<Entry> queue = new ArrayDeque<>();
  private final Clock clock = new Clock();
  private @Nullable Capture capture;
  private BitSet captured = new BitSet();

  SimulatedStream(SimulatedDriver driver, int id) {
    this.driver = driver;
    this.id = id;
  }

  int id() {
    return id;
  }

  Deque<Entry> queue() {
    return queue;
  }

  Clock clock() {
    return clock;
  }

  @Override
  public long handle() {
    return id;
  }

  @Override
  public void upload(MemorySegment source, long target) {
    driver.requirePinned("upload", source);
    Range range = new Range(target, source.byteSize());
    String name = "upload(%d bytes, 0x%x)".formatted(range.bytes(), target);
    enqueue(new HostWork(name, List.of(), List.of(range), memory -> memory.write(target, source)));
  }

  @Override
  public void download(long source, MemorySegment target) {
    driver.requirePinned("download", target);
    Range range = new Range(source, target.byteSize());
    String name = "download(0x%x, %d bytes)".formatted(source, range.bytes());
    enqueue(
        new HostWork(
            name,
            List.of(range),
            List.of(),
            memory -> driver.checkWritten(name, memory.read(source, target))));
  }

  @Override
  public void copy(long source, long target, long bytes) {
    String name = "copy(0x%x, 0x%x, %d bytes)".formatted(source, target, bytes);
    enqueue(
        new HostWork(
            name,
            List.of(new Range(source, bytes)),
            List.of(new Range(target, bytes)),
            memory -> memory.copy(source, target, bytes)));
  }

  @Override
  public void fill(long address, long bytes, byte value) {
    String name = "fill(0x%x, %d bytes)".formatted(address, bytes);
    enqueue(
        new HostWork(
            name,
            List.of(),
            List.of(new Range(address, bytes)),
            memory -> memory.fill(address, bytes, value)));
  }

  @Override
  public void launch(Launch launch) {
    if (!(launch.kernel() instanceof SimulatedKernel kernel)) {
      throw new IllegalArgumentException("%s: a kernel of another driver".formatted(launch));
    }
    enqueue(new KernelWork(kernel.program(), launch));
  }

  @Override
  public void launch(Graph graph) {
    if (!(graph instanceof SimulatedGraph simulated)) {
      throw new IllegalArgumentException("launch: a graph of another driver");
    }
    enqueue(simulated.work());
  }

  /** Puts work here that the host does in place of a library. */
  public void enqueue(HostWork work) {
    enqueue((Work) work);
  }

  private void enqueue(Work work) {
    synchronized (driver) {
      driver.check(work.name());
      Capture into = capture;
      if (into != null) {
        into.add(work, captured);
        return;
      }
      clock.join(driver.timeline().hostClock());
      long number = clock.tick(id);
      queue.add(new Entry(work, null, null, clock.copy(), number));
    }
  }

  @Override
  public void record(Event event) {
    SimulatedEvent simulated = (SimulatedEvent) event;
    synchronized (driver) {
      Capture into = capture;
      if (into != null) {
        simulated.recorded(new SimulatedEvent.Captured(into, (BitSet) captured.clone()));
        return;
      }
      clock.join(driver.timeline().hostClock());
      SimulatedEvent.Recording recording = new SimulatedEvent.Recording(this, clock.copy());
      simulated.recorded(recording);
      queue.add(new Entry(null, null, recording, clock.copy(), 0));
    }
  }

  @Override
  public void waitFor(Event event) {
    synchronized (driver) {
      waitFor((SimulatedEvent) event);
    }
  }

  private void waitFor(SimulatedEvent event) {
    SimulatedEvent.Captured branch = event.captured();
    if (branch != null) {
      join(branch);
      return;
    }
    if (capture != null) {
      throw new DriverException(
          "Stream.waitFor(event)",
          "CUDA_ERROR_STREAM_CAPTURE_ISOLATION",
          "the event was recorded outside of the capture");
    }
    SimulatedEvent.Recording recording = event.recording();
    if (recording != null) {
      clock.join(recording.clock());
      queue.add(new Entry(null, recording, null, clock.copy(), 0));
    }
  }

  private void join(SimulatedEvent.Captured branch) {
    if (capture != null && capture != branch.capture()) {
      throw new DriverException(
          "Stream.waitFor(event)",
          "CUDA_ERROR_STREAM_CAPTURE_MERGE",
          "the event belongs to another capture");
    }
    if (capture == null) {
      capture = branch.capture();
      captured = new BitSet();
      branch.capture().add(this);
    }
    captured.or(branch.before());
  }

  @Override
  public Graph capture(Runnable work) {
    Capture begun = new Capture(this);
    synchronized (driver) {
      if (capture != null) {
        throw new DriverException(CAPTURE, "CUDA_ERROR_ILLEGAL_STATE", "it captures already");
      }
      capture = begun;
      captured = new BitSet();
      driver.startCapture();
    }
    boolean complete = false;
    try {
      // Without the lock: other threads may use the device meanwhile.
      work.run();
      complete = true;
    } finally {
      synchronized (driver) {
        boolean spoiled = driver.endCapture();
        boolean joined = begun.isJoined();
        begun.end();
        if (complete) {
          checkCapture(spoiled, joined);
        }
      }
    }
    return new SimulatedGraph(begun.graph());
  }

  private static void checkCapture(boolean spoiled, boolean joined) {
    if (spoiled) {
      throw new DriverException(
          CAPTURE, "CUDA_ERROR_STREAM_CAPTURE_INVALIDATED", "a call within it cannot be captured");
    }
    if (!joined) {
      throw new DriverException(
          CAPTURE,
          "CUDA_ERROR_STREAM_CAPTURE_UNJOINED",
          "another stream takes part and was not joined by an event");
    }
  }

  BitSet captured() {
    return captured;
  }

  void endCapture() {
    capture = null;
  }

  @Override
  public boolean isCapturing() {
    return capture != null;
  }

  @Override
  public void synchronize() {
    synchronized (driver) {
      driver.requireNoCapture("Stream.synchronize()");
      driver.timeline().runUntil("Stream.synchronize()", this, queue::isEmpty);
      driver.timeline().hostKnows(clock);
      driver.check("Stream.synchronize()");
    }
  }

  /** Faults of the work that is left surface in the next call. */
  @Override
  public void close() {
    synchronized (driver) {
      driver.timeline().runUntil("Stream.close()", this, queue::isEmpty);
      driver.timeline().hostKnows(clock);
      driver.timeline().remove(this);
    }
  }
}
