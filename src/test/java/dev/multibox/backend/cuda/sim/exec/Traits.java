package dev.multibox.backend.cuda.sim.exec;

import dev.multibox.backend.cuda.sim.instruction.Opcode;
import dev.multibox.backend.cuda.sim.instruction.Space;
import dev.multibox.backend.cuda.sim.ptx.Operand;
import dev.multibox.backend.cuda.sim.ptx.PtxFunction;
import dev.multibox.backend.cuda.sim.ptx.PtxInstruction;
import dev.multibox.backend.cuda.sim.ptx.Statement;

/** Looks through a kernel and its functions for what must be known before it runs. */
final class Traits {
  private boolean globalAtomics;
  private boolean fences;
  private boolean partialBarriers;
  private boolean clock;

  void add(PtxFunction function) {
    for (Statement statement : function.body()) {
      if (statement instanceof PtxInstruction instruction) {
        add(instruction);
      }
    }
  }

  private void add(PtxInstruction i) {
    Opcode op = Opcode.of(i);
    boolean ordered = op.has("acquire") || op.has("release") || op.has("acq_rel");
    switch (op.name()) {
      case "atom", "red" -> {
        globalAtomics |= Space.of(op).mayBeGlobal();
        fences |= ordered;
      }
      case "ld", "st" -> {
        boolean strong = op.has("volatile") || op.has("relaxed") || ordered;
        globalAtomics |= strong && Space.of(op).mayBeGlobal();
        fences |= ordered;
      }
      case "membar", "fence" -> fences = true;
      case "bar", "barrier" -> partialBarriers |= isPartial(i, op);
      case "mov" ->
          clock |= i.operand(1) instanceof Operand.Special s && s.name().startsWith("%clock");
      default -> {
        // Nothing to know.
      }
    }
  }

  /** Whether a barrier may be one of some lanes or some warps. */
  private static boolean isPartial(PtxInstruction i, Opcode op) {
    if (op.has("warp")) {
      return !isNumber(i.operand(0), -1) && !isNumber(i.operand(0), 0xffff_ffffL);
    }
    boolean reduces = op.has("red");
    int id = reduces ? 1 : 0;
    int operands = reduces ? 3 : 1;
    return i.operands().size() > operands || !isNumber(i.operand(id), 0);
  }

  private static boolean isNumber(Operand operand, long value) {
    return operand instanceof Operand.Immediate number && number.bits() == value;
  }

  /**
   * Whether the order of blocks may show: in atomic operations, volatile accesses or fences on
   * memory that may be global, or in the time.
   */
  boolean areOrdered() {
    return globalAtomics || fences || clock;
  }

  boolean haveFences() {
    return fences;
  }

  /** Whether there are barriers of some lanes or some warps. */
  boolean havePartialBarriers() {
    return partialBarriers;
  }
}
