package dev.multibox.backend.cuda.sim.instruction;

/** One instruction, ready to run, which neither jumps nor waits. */
@FunctionalInterface
public interface Operation {
  /**
   * Runs it for the lanes of {@code mask}; the registers of others stay as they are.
   *
   * @param mask bit i for lane i, not zero
   */
  void run(Warp warp, int mask);
}
