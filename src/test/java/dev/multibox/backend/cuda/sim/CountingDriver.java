package dev.multibox.backend.cuda.sim;

import dev.multibox.backend.cuda.driver.DeviceProperties;
import dev.multibox.backend.cuda.driver.Driver;
import dev.multibox.backend.cuda.driver.Event;
import dev.multibox.backend.cuda.driver.Graph;
import dev.multibox.backend.cuda.driver.KernelModule;
import dev.multibox.backend.cuda.driver.Launch;
import dev.multibox.backend.cuda.driver.Stream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** A driver that counts what is asked of it, and hands everything on. */
public final class CountingDriver implements Driver {
  /**
   * What was asked for.
   *
   * @param allocations of device memory, and frees
   * @param waits for the device: copies that wait, and synchronisations of it or of a stream
   * @param kernels launched one by one
   * @param graphs launched
   * @param copies put on streams
   * @param bytes of these between host and device
   */
  public record Counts(
      long allocations, long waits, long kernels, long graphs, long copies, long bytes) {
    /** What came on top of {@code before}. */
    public Counts since(Counts before) {
      return new Counts(
          allocations - before.allocations,
          waits - before.waits,
          kernels - before.kernels,
          graphs - before.graphs,
          copies - before.copies,
          bytes - before.bytes);
    }
  }

  private final Driver driver;
  private long allocations;
  private long waits;
  private long kernels;
  private long graphs;
  private long copies;
  private long bytes;

  public CountingDriver(Driver driver) {
    this.driver = driver;
  }

  /** So far. */
  public Counts counts() {
    return new Counts(allocations, waits, kernels, graphs, copies, bytes);
  }

  /** The stream that a counting one stands for. */
  public static Stream inner(Stream stream) {
    return ((Counting) stream).stream;
  }

  @Override
  public DeviceProperties device() {
    return driver.device();
  }

  @Override
  public long freeBytes() {
    return driver.freeBytes();
  }

  @Override
  public long allocate(long size) {
    allocations++;
    return driver.allocate(size);
  }

  @Override
  public void free(long address) {
    allocations++;
    driver.free(address);
  }

  @Override
  public MemorySegment allocatePinned(long size, Arena arena) {
    allocations++;
    return driver.allocatePinned(size, arena);
  }

  @Override
  public void upload(MemorySegment source, long target) {
    waits++;
    driver.upload(source, target);
  }

  @Override
  public void download(long source, MemorySegment target) {
    waits++;
    driver.download(source, target);
  }

  @Override
  public Stream newStream() {
    return new Counting(driver.newStream());
  }

  @Override
  public Event newEvent() {
    return driver.newEvent();
  }

  @Override
  public KernelModule load(String name, byte[] ptx) {
    return driver.load(name, ptx);
  }

  @Override
  public void synchronize() {
    waits++;
    driver.synchronize();
  }

  @Override
  public void close() {
    driver.close();
  }

  private final class Counting implements Stream {
    private final Stream stream;

    private Counting(Stream stream) {
      this.stream = stream;
    }

    @Override
    public long handle() {
      return stream.handle();
    }

    @Override
    public void upload(MemorySegment source, long target) {
      copies++;
      bytes += source.byteSize();
      stream.upload(source, target);
    }

    @Override
    public void download(long source, MemorySegment target) {
      copies++;
      bytes += target.byteSize();
      stream.download(source, target);
    }

    @Override
    public void copy(long source, long target, long size) {
      copies++;
      stream.copy(source, target, size);
    }

    @Override
    public void fill(long address, long size, byte value) {
      stream.fill(address, size, value);
    }

    @Override
    public void launch(Launch launch) {
      kernels++;
      stream.launch(launch);
    }

    @Override
    public void launch(Graph graph) {
      graphs++;
      stream.launch(graph);
    }

    @Override
    public void record(Event event) {
      stream.record(event);
    }

    @Override
    public void waitFor(Event event) {
      stream.waitFor(event);
    }

    @Override
    public Graph capture(Runnable work) {
      return stream.capture(work);
    }

    @Override
    public boolean isCapturing() {
      return stream.isCapturing();
    }

    @Override
    public void synchronize() {
      waits++;
      stream.synchronize();
    }

    @Override
    public void close() {
      stream.close();
    }
  }
}
