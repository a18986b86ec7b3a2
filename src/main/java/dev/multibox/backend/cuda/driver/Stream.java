package dev.multibox.backend.cuda.driver;

import java.lang.foreign.MemorySegment;

/**
 * A queue of work on the device, done in the order in which it was put there. Work on two streams
 * runs at the same time unless an {@link Event} stands between.
 *
 * <p>All methods but {@link #synchronize} return before the work is done. Host memory in copies
 * must come from {@link Driver#allocatePinned} and stay as it is until then.
 *
 * <p>While a stream {@linkplain #capture captures}, work is recorded instead of done.
 */
public interface Stream extends AutoCloseable {
  /** The native stream ({@code CUstream}), for the libraries that are to put their work here. */
  long handle();

  /**
   * Copies pinned host memory to the device.
   *
   * @throws IllegalArgumentException if {@code source} is not pinned
   */
  void upload(MemorySegment source, long target);

  /**
   * Copies device memory to pinned host memory, filling it.
   *
   * @throws IllegalArgumentException if {@code target} is not pinned
   */
  void download(long source, MemorySegment target);

  /** Copies {@code bytes} within the device; the ranges may not overlap. */
  void copy(long source, long target, long bytes);

  /** Sets {@code bytes} bytes from {@code address} on to {@code value}. */
  void fill(long address, long bytes, byte value);

  /** Runs a kernel; called by {@link Launch#run}, which has checked everything. */
  void launch(Launch launch);

  /** Does the captured work once, after what is on this stream. */
  void launch(Graph graph);

  /** Has {@code event} happen when everything on this stream is done. */
  void record(Event event);

  /**
   * Lets later work on this stream begin only once {@code event} has happened, in its most recent
   * recording; an event that was never recorded does not hold anything up.
   */
  void waitFor(Event event);

  /**
   * Records what {@code work} puts on this stream, in place of doing it, and makes a graph of it.
   * Other streams take part from where they wait for an event of this one; they must be joined by
   * events before {@code work} returns.
   *
   * <p>Capture is local to the calling thread: other threads may use the device meanwhile. What
   * cannot be captured (allocation, synchronisation) is refused and spoils the graph. If {@code
   * work} throws, nothing is left of the capture.
   */
  Graph capture(Runnable work);

  /** Whether work put here is being recorded. */
  boolean isCapturing();

  /** Waits until everything on this stream is done. */
  void synchronize();

  /** Waits until everything on this stream is done, and frees it. */
  @Override
  void close();
}
