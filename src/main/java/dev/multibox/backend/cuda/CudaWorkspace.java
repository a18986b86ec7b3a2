package dev.multibox.backend.cuda;

import dev.multibox.backend.cuda.driver.Driver;

/**
 * Device memory that kernels of one stream use one after the other. It grows to the largest that
 * was asked for, which the first run of a step does; a graph that was captured before it grew must
 * be captured again.
 */
final class CudaWorkspace implements AutoCloseable {
  private final Driver driver;
  private long address;
  private long bytes;

  CudaWorkspace(Driver driver) {
    this.driver = driver;
  }

  /** Where it is now; another once it has grown. */
  long address() {
    return address;
  }

  /** What it has grown to. */
  long bytes() {
    return bytes;
  }

  /** The address of at least {@code needed} bytes of unspecified content. */
  long take(long needed) {
    if (needed > bytes) {
      close();
      address = driver.allocate(needed);
      bytes = needed;
    }
    return address;
  }

  @Override
  public void close() {
    if (bytes > 0) {
      driver.free(address);
      bytes = 0;
    }
  }
}
