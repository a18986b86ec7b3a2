package dev.multibox.backend.cuda.driver;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;

/**
 * A GPU that does nothing: memory has addresses alone, launches are checked and forgotten, and what
 * is downloaded is zeros. On it a step asks for all that it would ask of a real one.
 */
public final class DryDriver implements Driver {
  private final DeviceProperties device;
  private long nextAddress = ALIGNMENT;

  /** One that stands in for {@code device}. */
  public DryDriver(DeviceProperties device) {
    this.device = device;
  }

  @Override
  public DeviceProperties device() {
    return device;
  }

  @Override
  public long freeBytes() {
    return device.totalBytes();
  }

  @Override
  public long allocate(long bytes) {
    long address = nextAddress;
    nextAddress += Math.ceilDiv(bytes, ALIGNMENT) * ALIGNMENT;
    return address;
  }

  @Override
  public void free(long address) {
    // No address is given twice.
  }

  /** A byte, however many are asked for: nothing is ever copied. */
  @Override
  public MemorySegment allocatePinned(long bytes, Arena arena) {
    return arena.allocate(1, ALIGNMENT);
  }

  @Override
  public void upload(MemorySegment source, long target) {
    // Nothing is kept.
  }

  @Override
  public void download(long source, MemorySegment target) {
    target.fill((byte) 0);
  }

  @Override
  public Stream newStream() {
    return new DryStream();
  }

  @Override
  public Event newEvent() {
    return new DryEvent();
  }

  @Override
  public KernelModule load(String name, byte[] ptx) {
    return new DryModule(name, new String(ptx, StandardCharsets.UTF_8), device);
  }

  @Override
  public void synchronize() {
    // Nothing is ever begun.
  }

  @Override
  public void close() {
    // Nothing was opened.
  }

  private record DryModule(String name, String ptx, DeviceProperties device)
      implements KernelModule {
    @Override
    public Kernel kernel(String kernel) {
      return new DryKernel(kernel, ParameterLayout.read(ptx, kernel), device);
    }

    @Override
    public long address(String variable) {
      throw new UnsupportedOperationException("dry: %s has no address".formatted(variable));
    }

    @Override
    public void close() {
      // Nothing was loaded.
    }
  }

  private record DryKernel(String name, ParameterLayout parameters, DeviceProperties device)
      implements Kernel {
    @Override
    public KernelAttributes attributes() {
      return new KernelAttributes(
          device.maxThreadsPerBlock(), 0, 0, device.optInSharedBytesPerBlock(), 0);
    }

    @Override
    public void allowDynamicShared(int bytes) {
      // All that there is is allowed.
    }
  }

  private static final class DryEvent implements Event {
    @Override
    public boolean isDone() {
      return true;
    }

    @Override
    public void synchronize() {
      // It is done.
    }

    @Override
    public float millisSince(Event start) {
      return 0;
    }

    @Override
    public void close() {
      // Nothing was opened.
    }
  }

  private static final class DryStream implements Stream {
    @Override
    public long handle() {
      return 0;
    }

    @Override
    public void upload(MemorySegment source, long target) {
      // Nothing is kept.
    }

    @Override
    public void download(long source, MemorySegment target) {
      // Nothing is there.
    }

    @Override
    public void copy(long source, long target, long bytes) {
      // Nothing is there.
    }

    @Override
    public void fill(long address, long bytes, byte value) {
      // Nothing is kept.
    }

    @Override
    public void launch(Launch launch) {
      // Its arguments have been checked.
    }

    @Override
    public void launch(Graph graph) {
      throw new UnsupportedOperationException("dry: nothing is captured");
    }

    @Override
    public void record(Event event) {
      // Everything is done.
    }

    @Override
    public void waitFor(Event event) {
      // Everything is done.
    }

    @Override
    public Graph capture(Runnable work) {
      throw new UnsupportedOperationException("dry: nothing is captured");
    }

    @Override
    public boolean isCapturing() {
      return false;
    }

    @Override
    public void synchronize() {
      // Everything is done.
    }

    @Override
    public void close() {
      // Nothing was opened.
    }
  }
}
