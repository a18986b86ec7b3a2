package dev.multibox.backend.cuda.sim;

import dev.multibox.backend.cuda.driver.DeviceProperties;
import dev.multibox.backend.cuda.driver.Driver;
import dev.multibox.backend.cuda.driver.DriverException;
import dev.multibox.backend.cuda.driver.Event;
import dev.multibox.backend.cuda.driver.KernelModule;
import dev.multibox.backend.cuda.driver.Stream;
import dev.multibox.backend.cuda.sim.exec.Simulation;
import dev.multibox.backend.cuda.sim.memory.DeviceMemory;
import dev.multibox.backend.cuda.sim.memory.Footprint;
import dev.multibox.backend.cuda.sim.memory.Touch;
import dev.multibox.backend.cuda.sim.report.Counters;
import dev.multibox.backend.cuda.sim.report.FaultKind;
import dev.multibox.backend.cuda.sim.report.Report;
import dev.multibox.backend.cuda.sim.report.Reports;
import dev.multibox.backend.cuda.sim.report.SimulatedFault;
import dev.multibox.backend.cuda.sim.report.Sites;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/**
 * The simulated GPU. Any thread may call it; one call is served at a time, and all calls hold this
 * object's lock.
 *
 * <p>Work is queued and done when somebody waits for it. A fault surfaces as a {@link
 * SimulatedFault} in the next call that waits or puts work on a stream, and at the latest when the
 * driver is closed; {@link #takeReports} asks for faults without throwing.
 */
public final class SimulatedDriver implements Driver {
  /** Work that was done and may still race with other work. */
  private record Done(int stream, long number, Work.Touched touched) {}

  private static final double MILLIS_PER_INSTRUCTION = 1e-6;

  private final SimulatorSettings settings;
  private final SplittableRandom random;
  private final DeviceMemory memory;
  private final Simulation simulation;
  private final Reports reports = new Reports();
  private final Sites sites = new Sites();
  private final List<SimulatedStream> streams = new ArrayList<>();
  private final List<Done> done = new ArrayList<>();
  private final List<MemorySegment> pinned = new ArrayList<>();
  private final Map<String, Counters> counters = new HashMap<>();
  private final Clock hostClock = new Clock();

  /** The threads that capture; a capture spoiled by a call within it is kept as such. */
  private final Map<Thread, Boolean> capturing = new HashMap<>();

  private boolean ended;
  private int nextStream = 1;
  private double millis;

  public SimulatedDriver(SimulatorSettings settings) {
    this.settings = settings;
    random = new SplittableRandom(settings.seed());
    memory = new DeviceMemory(settings.device().totalBytes(), settings.threads());
    simulation = new Simulation(memory, settings.threads());
  }

  /** A simulated GPU whose order of everything is drawn from {@code seed}. */
  public static SimulatedDriver open(long seed) {
    return new SimulatedDriver(SimulatorSettings.of(seed));
  }

  /**
   * Runs {@code body} on a fresh simulated GPU for each seed from 1 to {@code count}.
   *
   * @throws AssertionError naming the seed, with what {@code body} threw as its cause
   */
  public static void overSeeds(int count, Consumer<SimulatedDriver> body) {
    for (long seed = 1; seed <= count; seed++) {
      try (SimulatedDriver driver = open(seed)) {
        body.accept(driver);
      } catch (RuntimeException | AssertionError e) {
        throw new AssertionError("seed %d: %s".formatted(seed, e.getMessage()), e);
      }
    }
  }

  @Override
  public DeviceProperties device() {
    return settings.device();
  }

  @Override
  public synchronized long freeBytes() {
    return memory.freeBytes();
  }

  @Override
  public synchronized long allocate(long bytes) {
    String call = "allocate(bytes=%d)".formatted(bytes);
    requireNoCapture(call);
    if (bytes <= 0) {
      throw new IllegalArgumentException("%s: wanted a positive number".formatted(call));
    }
    return take(call, bytes, "allocation");
  }

  /** Memory for a variable of a module. */
  long allocateVariable(String name, long bytes) {
    return take("load(variable=%s)".formatted(name), bytes, "variable " + name);
  }

  private long take(String call, long bytes, String name) {
    long address = memory.allocate(bytes, name);
    if (address == 0) {
      throw new DriverException(
          call, DriverException.OUT_OF_MEMORY, "%d bytes are free".formatted(freeBytes()));
    }
    return address;
  }

  @Override
  public synchronized void free(long address) {
    String call = "free(address=0x%x)".formatted(address);
    waitForAll(call);
    if (!memory.free(address)) {
      throw new DriverException(
          call, "CUDA_ERROR_INVALID_VALUE", "no allocation starts there, or it was freed");
    }
  }

  @Override
  public synchronized MemorySegment allocatePinned(long bytes, Arena arena) {
    MemorySegment segment = arena.allocate(bytes, ALIGNMENT);
    pinned.removeIf(other -> !other.scope().isAlive());
    pinned.add(segment);
    return segment;
  }

  void requirePinned(String call, MemorySegment segment) {
    for (MemorySegment one : pinned) {
      long offset = segment.address() - one.address();
      if (segment.isNative()
          && one.scope().isAlive()
          && offset >= 0
          && offset + segment.byteSize() <= one.byteSize()) {
        return;
      }
    }
    throw new IllegalArgumentException("%s: the host memory is not pinned".formatted(call));
  }

  @Override
  public synchronized void upload(MemorySegment source, long target) {
    String call = "upload(%d bytes, target=0x%x)".formatted(source.byteSize(), target);
    waitForAll(call);
    checkRange(call, new Range(target, source.byteSize()));
    check(call);
    memory.write(target, source);
  }

  @Override
  public synchronized void download(long source, MemorySegment target) {
    String call = "download(source=0x%x, %d bytes)".formatted(source, target.byteSize());
    waitForAll(call);
    checkRange(call, new Range(source, target.byteSize()));
    check(call);
    checkWritten(call, memory.read(source, target));
    check(call);
  }

  @Override
  public synchronized Stream newStream() {
    SimulatedStream stream = new SimulatedStream(this, nextStream++);
    streams.add(stream);
    return stream;
  }

  @Override
  public Event newEvent() {
    return new SimulatedEvent(this);
  }

  @Override
  public synchronized KernelModule load(String name, byte[] ptx) {
    requireNoCapture("load(name=%s)".formatted(name));
    return new SimulatedModule(this, name, new String(ptx, StandardCharsets.UTF_8));
  }

  @Override
  public synchronized void synchronize() {
    waitForAll("synchronize()");
    check("synchronize()");
  }

  private void waitForAll(String call) {
    requireNoCapture(call);
    runAll();
    streams.forEach(stream -> hostKnows(stream.clock()));
    check(call);
  }

  /** All faults so far that no call has thrown. */
  public synchronized List<Report> takeReports() {
    runAll();
    return reports.take();
  }

  /** What the launches of a kernel did so far. */
  public synchronized Counters counters(String kernel) {
    return counters.getOrDefault(kernel, new Counters());
  }

  void count(String kernel, Counters launch) {
    counters.computeIfAbsent(kernel, _ -> new Counters()).add(launch);
    SimulationTotals.add(kernel, launch);
    millis += launch.warpInstructions * MILLIS_PER_INSTRUCTION;
  }

  SimulatorSettings settings() {
    return settings;
  }

  DeviceMemory memory() {
    return memory;
  }

  Simulation simulation() {
    return simulation;
  }

  Reports reports() {
    return reports;
  }

  Sites sites() {
    return sites;
  }

  Clock hostClock() {
    return hostClock;
  }

  /** What the host waited for is past to all that it puts on streams later. */
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

  /** The seed of the next launch. */
  long nextSeed() {
    return settings.seed() == 0 ? 0 : random.nextLong();
  }

  /** A number from 0 up to {@code bound}. */
  int draw(int bound) {
    return random.nextInt(bound);
  }

  /** The calling thread captures from now on. */
  void startCapture() {
    capturing.put(Thread.currentThread(), false);
  }

  /** The calling thread captures no more; returns whether a call within the capture was refused. */
  boolean endCapture() {
    return Boolean.TRUE.equals(capturing.remove(Thread.currentThread()));
  }

  /** Refuses a call by a thread that captures. */
  void requireNoCapture(String call) {
    if (capturing.replace(Thread.currentThread(), true) != null) {
      throw new DriverException(
          call, "CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED", "it cannot be captured");
    }
  }

  /** A fault ended a launch: as on a GPU, nothing else will be done. */
  void endWork() {
    ended = true;
    streams.forEach(stream -> stream.queue().clear());
  }

  boolean isEnded() {
    return ended;
  }

  private void runAll() {
    while (!ended && runOne()) {
      // Until nothing is left.
    }
  }

  /** Does one piece of work, if there is any. */
  void progress() {
    runOne();
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

  /** Does the next piece of a stream that is drawn among those that can go on. */
  private boolean runOne() {
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
    SimulatedStream stream = ready.get(draw(ready.size()));
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
    Work.Touched touched = work.run(this, keep);
    millis += MILLIS_PER_INSTRUCTION;
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
    Touch mine = later.touch(simulation, conflict.address(), conflict.firstWrites());
    Touch theirs = earlier.touch(simulation, conflict.address(), conflict.secondWrites());
    String message =
        "0x%x (%s) is %s by it and %s by %s%s on another stream"
            .formatted(
                conflict.address(),
                memory.before(conflict.address()),
                conflict.firstWrites() ? "written" : "read",
                conflict.secondWrites() ? "written" : "read",
                earlier.name(),
                theirs == null ? "" : ", " + theirs.site());
    Report report =
        mine == null
            ? new Report(FaultKind.RACE_BETWEEN_STREAMS, later.name(), null, null, null, message)
            : new Report(
                FaultKind.RACE_BETWEEN_STREAMS,
                later.name(),
                mine.site(),
                mine.block(),
                mine.thread(),
                message);
    reports.add(report, earlier.name());
  }

  /** Reports a range that does not lie in an allocation, and ends the work. */
  void checkRange(String call, Range range) {
    String fault = memory.faultOf(range.address(), range.bytes());
    if (fault != null) {
      FaultKind kind = fault.contains("freed") ? FaultKind.USE_AFTER_FREE : FaultKind.OUT_OF_BOUNDS;
      reports.add(new Report(kind, call, null, null, null, fault), "");
      endWork();
      throw new SimulatedFault(call, reports.take());
    }
  }

  /** Reports a byte that nobody wrote, unless {@code address} is 0. */
  void checkWritten(String call, long address) {
    if (address != 0) {
      String message = "0x%x, %s".formatted(address, memory.before(address));
      reports.add(new Report(FaultKind.UNWRITTEN_READ, call, null, null, null, message), "");
    }
  }

  /** Throws the faults that have come to light. */
  void check(String call) {
    if (!reports.isEmpty()) {
      throw new SimulatedFault(call, reports.take());
    }
    if (ended) {
      throw new DriverException(
          call, "CUDA_ERROR_LAUNCH_FAILED", "a fault ended the work on this device before");
    }
  }

  void closed(SimulatedStream stream) {
    streams.remove(stream);
  }

  @Override
  public synchronized void close() {
    try {
      runAll();
      if (!reports.isEmpty()) {
        throw new SimulatedFault("close()", reports.take());
      }
    } finally {
      simulation.close();
      memory.close();
    }
  }
}
