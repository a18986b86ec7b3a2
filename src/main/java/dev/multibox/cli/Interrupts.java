package dev.multibox.cli;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Ctrl-C, SIGTERM and SIGHUP while a command runs: it ends by itself at the next good moment, and
 * the program exits with the code it returns. However long that takes: only SIGKILL ends it sooner.
 *
 * <p>The JVM says that a signal came by running its shutdown hooks, and ends with a code of its own
 * when they are done. So the hook waits for the command and ends the JVM itself. Further signals do
 * nothing.
 */
final class Interrupts implements AutoCloseable {
  /** What a command has left to do when it is over: print a line, return its code. */
  private static final long PRINT_SECONDS = 10;

  private static final CompletableFuture<Integer> EXIT_CODE = new CompletableFuture<>();

  private final CountDownLatch closed = new CountDownLatch(1);
  private final Thread hook = new Thread(this::onSignal, "multibox-interrupt");
  private volatile boolean asked;
  private volatile boolean mustFinish;

  private Interrupts() {}

  /** From now on a signal ends the program with {@link ExitCode#INTERRUPTED}. */
  static Interrupts install() {
    Interrupts interrupts = new Interrupts();
    Runtime.getRuntime().addShutdownHook(interrupts.hook);
    return interrupts;
  }

  /** From now on there is something to save: a signal is waited for no longer than that takes. */
  void finishFirst() {
    mustFinish = true;
  }

  /** Whether the command should come to its end. */
  boolean asked() {
    return asked;
  }

  /** Ends the program; a signal that came before does not change the code. */
  static void exit(int code) {
    EXIT_CODE.complete(code);
    System.exit(code);
  }

  private void onSignal() {
    asked = true;
    if (mustFinish) {
      System.err.println("multibox: interrupted; finishing the step and saving");
      Runtime.getRuntime().halt(codeOfCommand());
    }
    System.err.println("multibox: interrupted");
    Runtime.getRuntime().halt(ExitCode.INTERRUPTED);
  }

  private int codeOfCommand() {
    try {
      closed.await();
      return EXIT_CODE.get(PRINT_SECONDS, TimeUnit.SECONDS);
    } catch (InterruptedException | ExecutionException | TimeoutException e) {
      // The command is over, but was not run by main: there is no code to wait for.
      return ExitCode.INTERRUPTED;
    }
  }

  @Override
  public void close() {
    closed.countDown();
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException _) {
      // The hook is running: it ends the JVM itself.
    }
  }
}
