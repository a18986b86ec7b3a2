package dev.multibox.backend.cuda.sim;

import dev.multibox.backend.cuda.driver.DeviceProperties;
import dev.multibox.backend.cuda.driver.Driver;
import dev.multibox.backend.cuda.driver.Event;
import dev.multibox.backend.cuda.driver.Graph;
import dev.multibox.backend.cuda.driver.KernelModule;
import dev.multibox.backend.cuda.driver.Launch;
import dev.multibox.backend.cuda.driver.Stream;
import dev.multibox.tensor.TensorArena;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.HashMap;
import java.util.Map;

/** A driver that counts what is asked of it, and hands everything on. */
public final class CountingDriver implements Driver {
  /**
   * What was asked for.
   *
   * @param allocations of device memory, and frees
   * @param waits for the device: copies that wait, and synchronisations of it or of a stream
   * @param kernels launched one by one
   * @param graphs launched
   * @param graphKernels launched by these graphs
   * @param graphOthers of their pieces: convolutions, which are a library's, copies and fills
   * @param copies put on streams
   * @param bytes of these between host and device
   * @param awaited how much had been {@link #asked} for when the latest event was recorded that the
   *     host has waited for
   */
  public record Counts(
      long allocations,
      long waits,
      long kernels,
      long graphs,
      long graphKernels,
      long graphOthers,
      long copies,
      long bytes,
      long awaited) {
    /** Calls that put work on a stream. */
    public long asked() {
      return kernels + graphs + copies;
    }

    /** What came on top of {@code before}; of what was awaited all. */
    public Counts since(Counts before) {
      return new Counts(
          allocations - before.allocations,
          waits - before.waits,
          kernels - before.kernels,
          graphs - before.graphs,
          graphKernels - before.graphKernels,
          graphOthers - before.graphOthers,
          copies - before.copies,
          bytes - before.bytes,
          awaited);
    }
  }

  private final Driver driver;
  private long allocations;
  private long waits;
  private long kernels;
  private long graphs;
  private long graphKernels;
  private long graphOthers;
  private long copies;
  private long bytes;
  private long awaited;
  private final Map<Long, Long> held = new HashMap<>();

  public CountingDriver(Driver driver) {
    this.driver = driver;
  }

  /** So far. */
  public Counts counts() {
    return new Counts(
        allocations, waits, kernels, graphs, graphKernels, graphOthers, copies, bytes, awaited);
  }

  /** Bytes of device memory that are allocated, each allocation up to the next address. */
  public long heldBytes() {
    return held.values().stream().mapToLong(TensorArena::padded).sum();
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
    long address = driver.allocate(size);
    held.put(address, size);
    return address;
  }

  @Override
  public void free(long address) {
    allocations++;
    driver.free(address);
    held.remove(address);
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
    return new CountedEvent(driver.newEvent());
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

  /** An event that knows how much had been asked for when it was recorded. */
  private final class CountedEvent implements Event {
    private final Event event;
    private long asked;

    private CountedEvent(Event event) {
      this.event = event;
    }

    @Override
    public void synchronize() {
      awaited = Math.max(awaited, asked);
      event.synchronize();
    }

    @Override
    public boolean isDone() {
      return event.isDone();
    }

    @Override
    public float millisSince(Event start) {
      return event.millisSince(((CountedEvent) start).event);
    }

    @Override
    public void close() {
      event.close();
    }
  }

  /** A graph that knows how many of its pieces are kernels. */
  private record CountedGraph(Graph graph, long kernels) implements Graph {
    @Override
    public int size() {
      return graph.size();
    }

    @Override
    public void close() {
      graph.close();
    }
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
      CountedGraph counted = (CountedGraph) graph;
      graphs++;
      graphKernels += counted.kernels();
      graphOthers += counted.size() - counted.kernels();
      stream.launch(counted.graph());
    }

    @Override
    public void record(Event event) {
      CountedEvent counted = (CountedEvent) event;
      counted.asked = counts().asked();
      stream.record(counted.event);
    }

    @Override
    public void waitFor(Event event) {
      stream.waitFor(((CountedEvent) event).event);
    }

    /** What is captured is counted when the graph is launched. */
    @Override
    public Graph capture(Runnable work) {
      long kernelsBefore = kernels;
      long copiesBefore = copies;
      long bytesBefore = bytes;
      Graph graph = stream.capture(work);
      long captured = kernels - kernelsBefore;
      kernels = kernelsBefore;
      copies = copiesBefore;
      bytes = bytesBefore;
      return new CountedGraph(graph, captured);
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
