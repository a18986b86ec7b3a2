package dev.multibox.backend.cuda.sim;

import dev.multibox.backend.cuda.driver.DeviceProperties;
import dev.multibox.backend.cuda.driver.Driver;
import dev.multibox.backend.cuda.driver.DriverException;
import dev.multibox.backend.cuda.driver.Event;
import dev.multibox.backend.cuda.driver.KernelModule;
import dev.multibox.backend.cuda.driver.PinnedRanges;
import dev.multibox.backend.cuda.driver.Stream;
import dev.multibox.backend.cuda.sim.exec.Simulation;
import dev.multibox.backend.cuda.sim.memory.DeviceMemory;
import dev.multibox.backend.cuda.sim.report.Counters;
import dev.multibox.backend.cuda.sim.report.FaultKind;
import dev.multibox.backend.cuda.sim.report.Report;
import dev.multibox.backend.cuda.sim.report.Reports;
import dev.multibox.backend.cuda.sim.report.SimulatedFault;
import dev.multibox.backend.cuda.sim.report.Sites;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
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
  private final SimulatorSettings settings;
  private final SplittableRandom random;
  private final DeviceMemory memory;
  private final Simulation simulation;
  private final Reports reports = new Reports();
  private final Sites sites = new Sites();
  private final Timeline timeline = new Timeline(this);
  private final PinnedRanges pinned = new PinnedRanges();
  private final Map<String, Counters> counters = new HashMap<>();
  private long kernelBytes;
  private long otherBytes;

  /** The threads that capture; a capture spoiled by a call within it is kept as such. */
  private final Map<Thread, Boolean> capturing = new HashMap<>();

  private int nextStream = 1;

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
    pinned.add(segment);
    return segment;
  }

  void requirePinned(String call, MemorySegment segment) {
    pinned.require(call, segment);
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
    timeline.add(stream);
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
    timeline.runAll();
    timeline.hostKnowsAll();
    check(call);
  }

  /** All faults so far that no call has thrown. */
  public synchronized List<Report> takeReports() {
    timeline.runAll();
    return reports.take();
  }

  /** What the launches of a kernel did so far. */
  public synchronized Counters counters(String kernel) {
    return counters.getOrDefault(kernel, new Counters());
  }

  /**
   * The bytes that work on this device has read and written.
   *
   * @param kernels by kernels, each access of a lane counted
   * @param others by copies, fills and what a library does: each operand once
   */
  public record Moved(long kernels, long others) {
    /** What came on top of {@code before}. */
    public Moved since(Moved before) {
      return new Moved(kernels - before.kernels, others - before.others);
    }
  }

  /** So far, of what is done. */
  public synchronized Moved moved() {
    return new Moved(kernelBytes, otherBytes);
  }

  void countOther(long bytes) {
    otherBytes += bytes;
  }

  void count(String kernel, Counters launch) {
    kernelBytes += launch.globalBytes;
    counters.computeIfAbsent(kernel, _ -> new Counters()).add(launch);
    SimulationTotals.add(kernel, launch);
    timeline.pass(launch.warpInstructions);
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

  Timeline timeline() {
    return timeline;
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

  /** Reports a range that does not lie in an allocation, and ends the work. */
  void checkRange(String call, Range range) {
    String fault = memory.faultOf(range.address(), range.bytes());
    if (fault != null) {
      FaultKind kind = fault.contains("freed") ? FaultKind.USE_AFTER_FREE : FaultKind.OUT_OF_BOUNDS;
      reports.add(new Report(kind, call, null, null, null, fault), "");
      timeline.end();
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
    if (timeline.isEnded()) {
      throw new DriverException(
          call, "CUDA_ERROR_LAUNCH_FAILED", "a fault ended the work on this device before");
    }
  }

  @Override
  public synchronized void close() {
    try {
      timeline.runAll();
      if (!reports.isEmpty()) {
        throw new SimulatedFault("close()", reports.take());
      }
    } finally {
      simulation.close();
      memory.close();
    }
  }
}
