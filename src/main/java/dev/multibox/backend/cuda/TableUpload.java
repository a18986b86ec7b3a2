package dev.multibox.backend.cuda;

import dev.multibox.backend.cuda.driver.Driver;
import dev.multibox.backend.cuda.driver.Event;
import dev.multibox.backend.cuda.driver.Stream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.function.Consumer;

/**
 * Small tables on their way to kernels, through two page-locked buffers in turn: while one is
 * copied the other is filled, so that the host waits only when it is two calls ahead.
 */
final class TableUpload implements AutoCloseable {
  private final Stream stream;
  private final CudaWorkspace workspace;
  private final Buffer[] buffers;
  private int turn;

  /** {@code workspace} is where tables lie on the device until the next user of it. */
  TableUpload(Driver driver, Stream stream, CudaWorkspace workspace) {
    this.stream = stream;
    this.workspace = workspace;
    buffers = new Buffer[] {new Buffer(driver), new Buffer(driver)};
  }

  /** Has {@code writer} fill {@code bytes} bytes, and returns their address on the device. */
  long send(long bytes, Consumer<MemorySegment> writer) {
    Buffer buffer = buffers[turn];
    turn = 1 - turn;
    buffer.copied.synchronize();
    MemorySegment table = buffer.atLeast(bytes).asSlice(0, bytes);
    writer.accept(table);
    long address = workspace.take(bytes);
    stream.upload(table, address);
    stream.record(buffer.copied);
    return address;
  }

  @Override
  public void close() {
    for (Buffer buffer : buffers) {
      buffer.close();
    }
  }

  /** Page-locked memory that becomes as long as the longest use of it. */
  private static final class Buffer implements AutoCloseable {
    private final Driver driver;
    private final Event copied;
    private Arena arena = Arena.ofShared();
    private MemorySegment memory = MemorySegment.NULL;

    Buffer(Driver driver) {
      this.driver = driver;
      copied = driver.newEvent();
    }

    MemorySegment atLeast(long bytes) {
      if (memory.byteSize() < bytes) {
        arena.close();
        arena = Arena.ofShared();
        memory = driver.allocatePinned(bytes, arena);
      }
      return memory;
    }

    @Override
    public void close() {
      copied.close();
      arena.close();
    }
  }
}
