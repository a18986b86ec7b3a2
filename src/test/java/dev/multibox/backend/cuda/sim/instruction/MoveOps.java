package dev.multibox.backend.cuda.sim.instruction;

import dev.multibox.backend.cuda.sim.memory.Places;
import dev.multibox.backend.cuda.sim.ptx.Operand;
import dev.multibox.backend.cuda.sim.ptx.PtxInstruction;
import dev.multibox.backend.cuda.sim.ptx.PtxType;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Moves between registers, and addresses of one space as those of another. */
final class MoveOps {
  private MoveOps() {}

  /** The operation of an instruction of this family, or null. */
  static @Nullable Operation decode(PtxInstruction i, Opcode op, Operands o) {
    return switch (op.name()) {
      case "mov" -> mov(i, op, o);
      case "cvta" -> cvta(i, op, o);
      case "isspacep" -> isspacep(i, op, o);
      default -> null;
    };
  }

  private static @Nullable Operation mov(PtxInstruction i, Opcode op, Operands o) {
    PtxType type = op.type();
    Operand to = i.operand(0);
    Operand from = i.operand(1);
    if (type == PtxType.PRED) {
      return PredicateOps.decode(i, op, o);
    }
    if (from instanceof Operand.Vector vector) {
      return pack(o, to, vector.elements(), type);
    }
    if (to instanceof Operand.Vector vector) {
      return unpack(o, vector.elements(), from, type);
    }
    int d = o.target(to, type);
    if (from instanceof Operand.Special special) {
      return Specials.read(special.name(), d, type.isWide());
    }
    int a = o.source(from, type);
    return type.isWide()
        ? RowOps.longs(COPY_LONGS, d, a, a, a)
        : RowOps.ints(COPY_INTS, d, a, a, a);
  }

  private static final RowOps.Ints COPY_INTS =
      (d, a, _, _) -> System.arraycopy(a, 0, d, 0, Warp.LANES);

  private static final RowOps.Longs COPY_LONGS =
      (d, a, _, _) -> System.arraycopy(a, 0, d, 0, Warp.LANES);

  /** The parts, lowest first, as one register. */
  private static Operation pack(Operands o, Operand to, List<Operand> parts, PtxType type) {
    int bits = type.bits() / parts.size();
    PtxType part = partType(bits);
    int[] rows = parts.stream().mapToInt(element -> o.source(element, part)).toArray();
    int d = o.target(to, type);
    return (w, mask) -> {
      for (int m = mask; m != 0; m &= m - 1) {
        int lane = Integer.numberOfTrailingZeros(m);
        long whole = 0;
        for (int k = 0; k < rows.length; k++) {
          whole |= (w.ints[rows[k]][lane] & Bits.ones(bits)) << (k * bits);
        }
        if (type.isWide()) {
          w.longs[d][lane] = whole;
        } else {
          w.ints[d][lane] = (int) whole;
        }
      }
    };
  }

  private static Operation unpack(Operands o, List<Operand> parts, Operand from, PtxType type) {
    int bits = type.bits() / parts.size();
    PtxType part = partType(bits);
    int[] rows = parts.stream().mapToInt(element -> o.target(element, part)).toArray();
    int a = o.source(from, type);
    return (w, mask) -> {
      for (int m = mask; m != 0; m &= m - 1) {
        int lane = Integer.numberOfTrailingZeros(m);
        long whole = type.isWide() ? w.longs[a][lane] : w.ints[a][lane];
        for (int k = 0; k < rows.length; k++) {
          w.ints[rows[k]][lane] = (int) Bits.field(whole, k * bits, bits);
        }
      }
    };
  }

  private static PtxType partType(int bits) {
    return switch (bits) {
      case 8 -> PtxType.B8;
      case 16 -> PtxType.B16;
      case 32 -> PtxType.B32;
      default -> throw new IllegalArgumentException("parts of %d bits".formatted(bits));
    };
  }

  /**
   * Global and constant memory and the parameters of a kernel have their generic addresses in all
   * spaces; shared and local memory begin at zero in theirs.
   */
  private static Operation cvta(PtxInstruction i, Opcode op, Operands o) {
    PtxType type = op.type();
    long window = window(op);
    long add = op.has("to") ? -window : window;
    if (!type.isWide()) {
      throw new IllegalArgumentException("generic addresses have 64 bits");
    }
    return RowOps.longs(
        (d, a, _, _) -> {
          for (int l = 0; l < Warp.LANES; l++) {
            d[l] = a[l] + add;
          }
        },
        o.target(i, 0, type),
        o.source(i, 1, type),
        o.rows().constant(0L),
        o.rows().constant(0L));
  }

  private static long window(Opcode op) {
    return op.has("shared") || op.has("shared::cta")
        ? Places.SHARED
        : op.has("local") ? Places.LOCAL : 0;
  }

  private static Operation isspacep(PtxInstruction i, Opcode op, Operands o) {
    int p = o.predicateTarget(i.operand(0));
    int a = o.source(i, 1, PtxType.B64);
    String space = op.modifiers().getFirst();
    return (w, mask) -> {
      int held = 0;
      for (int m = mask; m != 0; m &= m - 1) {
        int lane = Integer.numberOfTrailingZeros(m);
        held |= isIn(space, w.longs[a][lane]) ? 1 << lane : 0;
      }
      w.setPredicate(p, held, mask);
    };
  }

  private static boolean isIn(String space, long address) {
    return switch (space) {
      case "shared", "shared::cta" -> Places.isShared(address);
      case "local" -> Places.isLocal(address);
      case "param" -> Places.isParam(address);
      case "global" -> address < Places.SHARED;
      default ->
          throw new IllegalArgumentException("isspacep.%s is not simulated".formatted(space));
    };
  }
}
