package dev.multibox.backend.cpu;

/** A fixed number of threads, the calling one among them. */
interface Team extends AutoCloseable {
  int threads();

  /**
   * Runs {@code work} once on up to every thread at the same time, the calling one always among
   * them, and returns when all that began have ended. The work must not throw.
   */
  void run(Runnable work);

  @Override
  void close();
}
