package dev.multibox.cli;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

/** Ctrl-C and SIGTERM: the step in progress ends, the state is saved, the program exits 130. */
final class Interrupts {
  private static final long PATIENCE_SECONDS = 120;

  private Interrupts() {}

  /** Runs in a shutdown hook: asks the loop to stop and ends the JVM once it has saved. */
  static void stopAndWait(AtomicBoolean stop, CountDownLatch saved) {
    stop.set(true);
    try {
      if (!saved.await(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
        System.err.println("interrupted: the step did not end; the last checkpoint stands");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    // The JVM would exit with 143 after SIGTERM; interrupted is 130 however it came.
    Runtime.getRuntime().halt(ExitCode.INTERRUPTED);
  }

  /** Takes the hook away, unless the JVM is already on its way out. */
  static void remove(Thread hook) {
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException e) {
      // The hook is running: it ends the JVM itself.
    }
  }
}
