package dev.multibox.backend.cuda.sim.report;

/** Ends a launch whose fault has been reported; never leaves the simulation. */
public final class LaunchEnd extends RuntimeException {
  private static final long serialVersionUID = 1;

  public LaunchEnd() {
    super("a fault ended the launch", null, false, false);
  }
}
