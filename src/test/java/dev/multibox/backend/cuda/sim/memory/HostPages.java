package dev.multibox.backend.cuda.sim.memory;

import java.lang.foreign.Arena;

/** Host memory for the simulation, cleared when taken and freed all at once. */
final class HostPages implements AutoCloseable {
  private static final long ALIGNMENT = 64;

  private final Arena arena = Arena.ofShared();

  /** The address of {@code bytes} bytes of zero. */
  long take(long bytes) {
    return arena.allocate(bytes, ALIGNMENT).address();
  }

  @Override
  public void close() {
    arena.close();
  }
}
