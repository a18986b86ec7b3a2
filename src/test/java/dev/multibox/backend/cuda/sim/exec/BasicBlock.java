package dev.multibox.backend.cuda.sim.exec;

import dev.multibox.backend.cuda.sim.instruction.Operation;
import dev.multibox.backend.cuda.sim.report.Site;

/** Instructions that run one after the other, and what comes then. */
final class BasicBlock {
  /** There is no such block: the function ends. */
  static final int NONE = -1;

  final Operation[] body;
  final Terminator end;

  /** Its last instruction, for messages. */
  final Site site;

  /** The block that every way from here to the end of the function passes first. */
  int reconvergence = NONE;

  BasicBlock(Operation[] body, Terminator end, Site site) {
    this.body = body;
    this.end = end;
    this.site = site;
  }

  /** Whether it does nothing but end. */
  boolean isTrivialEnd() {
    return body.length == 0 && end instanceof Terminator.Exit;
  }
}
