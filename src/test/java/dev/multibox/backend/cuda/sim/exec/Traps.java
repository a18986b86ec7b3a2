package dev.multibox.backend.cuda.sim.exec;

import dev.multibox.backend.cuda.sim.instruction.Warp;
import dev.multibox.backend.cuda.sim.instruction.Worker;
import dev.multibox.backend.cuda.sim.memory.Raw;
import dev.multibox.backend.cuda.sim.report.FaultKind;
import dev.multibox.backend.cuda.sim.report.LaunchEnd;

/** Threads that end with a fault of their own making. */
final class Traps {
  private Traps() {}

  static LaunchEnd end(Worker worker, Warp warp, int mask, Terminator.Trap trap) {
    String message = "trap";
    if (trap.message() >= 0) {
      int lane = Integer.numberOfTrailingZeros(mask);
      long text = Raw.getLong(warp.local.host(lane, trap.message()));
      message = "assertion failed: " + worker.memory().text(text);
    }
    return worker.end(FaultKind.TRAP, trap.site(), warp, mask, message);
  }
}
