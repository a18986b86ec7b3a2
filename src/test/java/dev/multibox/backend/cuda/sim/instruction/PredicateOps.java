package dev.multibox.backend.cuda.sim.instruction;

import dev.multibox.backend.cuda.sim.ptx.PtxInstruction;
import org.jspecify.annotations.Nullable;

/** Logic on predicates, all lanes at once. */
final class PredicateOps {
  private PredicateOps() {}

  /** The operation of an instruction of this family, or null. */
  static @Nullable Operation decode(PtxInstruction i, Opcode op, Operands o) {
    int d = o.predicateTarget(i.operand(0));
    Operands.Predicate a = o.predicate(i.operand(1));
    Operands.Predicate b = i.operands().size() > 2 ? o.predicate(i.operand(2)) : a;
    return switch (op.name()) {
      case "and" -> (w, mask) -> w.setPredicate(d, a.of(w) & b.of(w), mask);
      case "or" -> (w, mask) -> w.setPredicate(d, a.of(w) | b.of(w), mask);
      case "xor" -> (w, mask) -> w.setPredicate(d, a.of(w) ^ b.of(w), mask);
      case "not" -> (w, mask) -> w.setPredicate(d, ~a.of(w), mask);
      case "mov" -> (w, mask) -> w.setPredicate(d, a.of(w), mask);
      default -> null;
    };
  }
}
