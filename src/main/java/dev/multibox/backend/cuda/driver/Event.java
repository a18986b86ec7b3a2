package dev.multibox.backend.cuda.driver;

/** A point in the work of a {@link Stream}, which others can wait for and whose time is taken. */
public interface Event extends AutoCloseable {
  /** Whether the work before this event is done; true for an event that was never recorded. */
  boolean isDone();

  /** Waits until the work before this event is done. */
  void synchronize();

  /**
   * The milliseconds of device time from {@code start} to this event.
   *
   * @throws DriverException if one of the two was not recorded or is not done
   */
  float millisSince(Event start);

  @Override
  void close();
}
