package dev.multibox.backend;

import dev.multibox.tensor.Tensor;
import java.lang.foreign.MemorySegment;

/**
 * The way of large data to a device, a step after the other: while kernels read what was sent last,
 * the next is written and copied. Its memory on the device belongs to the arena it was made in, the
 * rest to the backend.
 */
public interface Staging {
  /**
   * Where the next data is written to, on the host; waits while the device still copies from there,
   * which it does only if the host is a whole turn ahead.
   */
  MemorySegment host();

  /**
   * Sends the first {@code bytes} bytes of {@link #host} on their way.
   *
   * @return {@code [bytes]} U8 on the device, for kernels that are asked for before {@link #host}
   *     is asked again
   */
  Tensor send(long bytes);
}
