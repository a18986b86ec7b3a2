package dev.multibox.backend.cuda.sim;

import dev.multibox.backend.cuda.driver.DriverException;
import dev.multibox.backend.cuda.driver.Event;
import java.util.BitSet;
import org.jspecify.annotations.Nullable;

/** An event, which knows what precedes it in its latest recording. */
final class SimulatedEvent implements Event {
  /** One recording. */
  static final class Recording {
    private final SimulatedStream stream;
    private final Clock clock;
    private boolean done;
    private double millis;

    Recording(SimulatedStream stream, Clock clock) {
      this.stream = stream;
      this.clock = clock;
    }

    Clock clock() {
      return clock;
    }

    boolean isDone() {
      return done;
    }

    void happen(double now) {
      done = true;
      millis = now;
    }
  }

  /** What a recording during a capture stands for. */
  record Captured(Capture capture, BitSet before) {}

  private final SimulatedDriver driver;
  private @Nullable Recording recording;
  private @Nullable Captured captured;

  SimulatedEvent(SimulatedDriver driver) {
    this.driver = driver;
  }

  void recorded(Recording latest) {
    recording = latest;
    captured = null;
  }

  void recorded(Captured latest) {
    captured = latest;
  }

  @Nullable Recording recording() {
    return recording;
  }

  @Nullable Captured captured() {
    return captured;
  }

  @Override
  public boolean isDone() {
    synchronized (driver) {
      Recording latest = recording;
      if (latest != null && !latest.isDone()) {
        driver.timeline().runOne();
      }
      return latest == null || latest.isDone();
    }
  }

  @Override
  public void synchronize() {
    synchronized (driver) {
      driver.requireNoCapture("Event.synchronize()");
      Recording latest = recording;
      if (latest != null) {
        driver.timeline().runUntil("Event.synchronize()", latest.stream, latest::isDone);
        driver.timeline().hostKnows(latest.clock());
      }
      driver.check("Event.synchronize()");
    }
  }

  @Override
  public float millisSince(Event start) {
    Recording first = ((SimulatedEvent) start).recording;
    Recording last = recording;
    if (first == null || last == null || !first.isDone() || !last.isDone()) {
      throw new DriverException(
          "Event.millisSince(event)", "CUDA_ERROR_NOT_READY", "an event has not happened");
    }
    return (float) (last.millis - first.millis);
  }

  @Override
  public void close() {
    // Nothing is held.
  }
}
