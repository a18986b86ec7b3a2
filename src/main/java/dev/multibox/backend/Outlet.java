package dev.multibox.backend;

/**
 * The way of a small F32 tensor from a device to the host, a copy a step, without waiting for the
 * step. It belongs to the backend.
 */
public interface Outlet {
  /** Copies what the tensor holds behind everything asked for so far. */
  void copy();

  /** Copies that have not been taken. */
  int copies();

  /**
   * Whether the oldest of them is here, or so many are on their way that it is to be waited for.
   */
  boolean isDue();

  /**
   * Takes the oldest copy; waits for it where it is not here.
   *
   * @throws IllegalStateException if there is none
   */
  float[] take();
}
