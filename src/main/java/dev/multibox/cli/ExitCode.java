package dev.multibox.cli;

/** What the process tells its caller. */
public final class ExitCode {
  /** The work is done. */
  public static final int DONE = 0;

  /** The work failed. */
  public static final int FAILED = 1;

  /** The user's input is wrong. */
  public static final int WRONG_INPUT = 2;

  /** Somebody interrupted the work: 128 and the number of SIGINT. */
  public static final int INTERRUPTED = 130;

  private ExitCode() {}
}
