package dev.multibox.backend.cuda.sim.instruction;

import dev.multibox.backend.cuda.sim.ptx.PtxInstruction;
import dev.multibox.backend.cuda.sim.ptx.PtxType;
import dev.multibox.backend.cuda.sim.report.Site;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Finds the family of an instruction that neither jumps nor waits. */
public final class Instructions {
  private static final Set<String> BITS =
      words("and or xor not cnot lop3 shl shr shf popc clz brev bfind bfe bfi bmsk szext fns prmt");

  private static final Set<String> VIDEO =
      words(
          "vadd2 vadd4 vsub2 vsub4 vavrg2 vavrg4 vabsdiff2 vabsdiff4 vmin2 vmin4 vmax2 vmax4"
              + " vset2 vset4");

  private static Set<String> words(String list) {
    return Set.of(list.split(" "));
  }

  private Instructions() {}

  /**
   * The operation of an instruction.
   *
   * @throws IllegalArgumentException if it is not simulated
   */
  public static Operation decode(PtxInstruction i, Operands o, Site site) {
    Opcode op = Opcode.of(i);
    Operation operation = family(i, op, o, site);
    if (operation == null) {
      throw new IllegalArgumentException("the instruction is not simulated");
    }
    Operation decoded = operation;
    if (i.guard() == null) {
      return decoded;
    }
    Operands.Predicate guard = o.predicate(i.guard());
    return (w, mask) -> {
      int guarded = mask & guard.of(w);
      if (guarded != 0) {
        decoded.run(w, guarded);
      }
    };
  }

  private static @Nullable Operation family(PtxInstruction i, Opcode op, Operands o, Site site) {
    if (BITS.contains(op.name())) {
      return BitOps.decode(i, op, o);
    }
    if (VIDEO.contains(op.name())) {
      return DotOps.video(i, op, o);
    }
    return switch (op.name()) {
      case "mov", "cvta", "isspacep" -> MoveOps.decode(i, op, o);
      case "cvt" -> ConvertOps.decode(i, op, o);
      case "setp", "set", "selp", "slct", "testp" -> CompareOps.decode(i, op, o);
      case "ld", "ldu", "st", "membar", "fence" -> MemoryOps.decode(i, op, o, site);
      case "prefetch", "prefetchu", "discard", "applypriority" -> (_, _) -> {};
      case "atom", "red" -> AtomicOps.decode(i, op, o, site);
      case "activemask" -> WarpOps.activeMask(i, o);
      case "nanosleep", "pmevent" -> (_, _) -> {};
      default -> arithmetic(i, op, o);
    };
  }

  private static @Nullable Operation arithmetic(PtxInstruction i, Opcode op, Operands o) {
    if (op.typeCount() == 0) {
      return null;
    }
    PtxType type = op.type();
    return switch (type) {
      case F32 -> FloatOps.decode(i, op, o);
      case F64 -> DoubleOps.decode(i, op, o);
      case F16, F16X2 -> HalfOps.decode(i, op, o);
      case BF16, BF16X2, PRED -> null;
      default -> IntegerOps.decode(i, op, o);
    };
  }
}
