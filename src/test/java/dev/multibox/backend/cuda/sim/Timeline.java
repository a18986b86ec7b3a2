package dev.multibox.backend.cuda.sim;

import dev.multibox.backend.cuda.sim.memory.Footprint;
import dev.multibox.backend.cuda.sim.memory.Touch;
import dev.multibox.backend.cuda.sim.report.FaultKind;
import dev.multibox.backend.cuda.sim.report.Report;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;

/**
 * Does the work of all streams, in an order drawn from the seed, and compares each piece with those
 * that nothing orders before it.
 */
final class Timeline {
  /** Work that was done and may still race with other work. */
  private record Done(int stream, long number, Work.Touched touched) {}

  private static final double MILLIS_PER_INSTRUCTION = 1e-6;

  private final SimulatedDriver driver;
  private final List<SimulatedStream> streams = new ArrayList<>();
  private final List<Done> done = new ArrayList<>();
  private final Clock hostClock = new Clock();
  private boolean ended;
  private double millis;

  Timeline(SimulatedDriver driver) {
    this.driver = driver;
  }

  void add(SimulatedStream stream) {
    streams.add(stream);
  }

  void remove(SimulatedStream stream) {
    streams.remove(stream);
  }

  /** What is past to all that the host puts on streams from now on. */
  Clock hostClock() {
    return hostClock;
  }

  /** The host has waited for what {@code clock} counts. */
  void hostKnows(Clock clock) {
    hostClock.join(clock);
    done.removeIf(work -> {
      boolean past = hostClock.counts(work.stream(), work.number());
      if (past) {
        work.touched().release();
      }
      return past;
    });
  }

  /** The host has waited for everything. */
  void hostKnowsAll() {
    streams.forEach(stream -> hostKnows(stream.clock()));
  }

  /** Lets the device's clock go on, as for so many instructions. */
  void pass(long instructions) {
    millis += instructions * MILLIS_PER_INSTRUCTION;
  }

  /** A fault ended a launch: as on a GPU, nothing else will be done. */
  void end() {
    ended = true;
    streams.forEach(stream -> stream.queue().clear());
  }

  boolean isEnded() {
    return ended;
  }

  void runAll() {
    while (!ended && runOne()) {
      // Until nothing is left.
    }
  }

  /** Does work until {@code condition} holds. */
  void runUntil(String call, SimulatedStream stream, BooleanSupplier condition) {
    while (!ended && !condition.getAsBoolean()) {
      if (!runOne()) {
        throw new IllegalStateException(
            "%s: stream %d waits for an event that cannot happen".formatted(call, stream.id()));
      }
    }
  }

  /**
   * Does the next piece of a stream that is drawn among those that can go on.
   *
   * @return whether there was one
   */
  boolean runOne() {
    List<SimulatedStream> ready = new ArrayList<>();
    for (SimulatedStream stream : streams) {
      SimulatedStream.Entry head = stream.queue().peek();
      if (head != null && head.isReady()) {
        ready.add(stream);
      }
    }
    if (ready.isEmpty()) {
      return false;
    }
    SimulatedStream stream = ready.get(driver.draw(ready.size()));
    run(stream, stream.queue().remove());
    return true;
  }

  private void run(SimulatedStream stream, SimulatedStream.Entry entry) {
    SimulatedEvent.Recording happens = entry.happens();
    if (happens != null) {
      happens.happen(millis);
    }
    Work work = entry.work();
    if (work == null) {
      return;
    }
    boolean keep = streams.size() > 1;
    Work.Touched touched = work.run(driver, keep);
    pass(1);
    if (!keep || ended) {
      return;
    }
    for (Done other : done) {
      if (!entry.clock().counts(other.stream(), other.number())) {
        reportRace(touched, other.touched());
      }
    }
    done.add(new Done(stream.id(), entry.number(), touched));
    forgetPast();
  }

  /** Forgets work that precedes everything that may still come. */
  private void forgetPast() {
    done.removeIf(work -> {
      for (SimulatedStream stream : streams) {
        SimulatedStream.Entry head = stream.queue().peek();
        Clock next = head == null ? stream.clock() : head.clock();
        if (!next.counts(work.stream(), work.number())) {
          return false;
        }
      }
      work.touched().release();
      return true;
    });
  }

  /** Reports a byte that two unordered pieces of work touched, if there is one. */
  void reportRace(Work.Touched later, Work.Touched earlier) {
    Footprint.Conflict conflict = later.conflictWith(earlier);
    if (conflict == null) {
      return;
    }
    long address = conflict.address();
    Touch mine = later.touch(driver.simulation(), address, conflict.firstWrites());
    Touch theirs = earlier.touch(driver.simulation(), address, conflict.secondWrites());
    String message =
        "0x%x (%s) is %s by it and %s by %s%s on another stream"
            .formatted(
                address,
                driver.memory().before(address),
                conflict.firstWrites() ? "written" : "read",
                conflict.secondWrites() ? "written" : "read",
                earlier.name(),
                theirs == null ? "" : ", " + theirs.site());
    FaultKind kind = FaultKind.RACE_BETWEEN_STREAMS;
    Report report =
        mine == null
            ? new Report(kind, later.name(), null, null, null, message)
            : new Report(kind, later.name(), mine.site(), mine.block(), mine.thread(), message);
    driver.reports().add(report, earlier.name());
  }
}
