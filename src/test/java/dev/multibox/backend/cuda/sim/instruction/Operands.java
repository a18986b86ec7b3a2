package dev.multibox.backend.cuda.sim.instruction;

import dev.multibox.backend.cuda.sim.ptx.Operand;
import dev.multibox.backend.cuda.sim.ptx.PtxInstruction;
import dev.multibox.backend.cuda.sim.ptx.PtxType;
import dev.multibox.backend.cuda.sim.ptx.Register;
import java.util.List;

/** Turns the operands of instructions into rows. */
public final class Operands {
  private final Rows rows;
  private final Symbols symbols;

  /**
   * @param rows where registers and constants have theirs
   * @param symbols where the names of the function lie
   */
  public Operands(Rows rows, Symbols symbols) {
    this.rows = rows;
    this.symbols = symbols;
  }

  Rows rows() {
    return rows;
  }

  /** Where the names of the function lie. */
  public Symbols symbols() {
    return symbols;
  }

  /** A predicate to read: its row, and whether it counts negated. */
  public record Predicate(int row, boolean negated) {
    int of(Warp warp) {
      int held = warp.predicates[row];
      return negated ? ~held : held;
    }
  }

  /** The row of an operand that is read as {@code type}, of its width. */
  public int source(PtxInstruction i, int index, PtxType type) {
    return source(i.operand(index), type);
  }

  int source(Operand operand, PtxType type) {
    return switch (operand) {
      case Operand.Reg reg -> checked(reg.register(), type.isWide());
      case Operand.Immediate number -> constant(number, type);
      case Operand.Symbol symbol -> {
        long address = symbols.address(symbol.name()) + symbol.offset();
        yield type.isWide() ? rows.constant(address) : rows.constant((int) address);
      }
      default -> throw unexpected(operand);
    };
  }

  private int checked(Register register, boolean wide) {
    if (register.type() == PtxType.PRED || register.type().isWide() != wide) {
      throw new IllegalArgumentException(
          "the register %s has another width than the instruction".formatted(register.name()));
    }
    return rows.row(register);
  }

  private int constant(Operand.Immediate number, PtxType type) {
    long bits = number.bits();
    if (number.decimal()) {
      double value = Double.longBitsToDouble(bits);
      bits = type == PtxType.F64 ? bits : Float.floatToRawIntBits((float) value);
    }
    if (type.isWide()) {
      return rows.constant(bits);
    }
    return rows.constant(type.bits() < 32 ? (int) bits & (1 << type.bits()) - 1 : (int) bits);
  }

  /** The row to write, of the width of {@code type}. */
  public int target(PtxInstruction i, int index, PtxType type) {
    return target(i.operand(index), type);
  }

  int target(Operand operand, PtxType type) {
    if (operand instanceof Operand.Sink) {
      return type.isWide() ? rows.spareLong() : rows.spareInt();
    }
    return checked(register(operand), type.isWide());
  }

  /** The row of a predicate to write. */
  public int predicateTarget(Operand operand) {
    if (operand instanceof Operand.Sink) {
      return rows.sparePredicate();
    }
    Register register = register(operand);
    if (register.type() != PtxType.PRED) {
      throw new IllegalArgumentException(
          "the register %s is no predicate".formatted(register.name()));
    }
    return rows.row(register);
  }

  /** A predicate to read, negated or not. */
  public Predicate predicate(Operand operand) {
    if (operand instanceof Operand.Reg reg && reg.register().type() == PtxType.PRED) {
      return new Predicate(rows.row(reg.register()), reg.negated());
    }
    if (operand instanceof Operand.Immediate number) {
      return new Predicate(rows.truth(), number.bits() == 0);
    }
    throw unexpected(operand);
  }

  static Register register(Operand operand) {
    if (operand instanceof Operand.Reg reg) {
      return reg.register();
    }
    throw unexpected(operand);
  }

  static boolean isPredicate(Operand operand) {
    return operand instanceof Operand.Reg reg && reg.register().type() == PtxType.PRED;
  }

  /** The parts of {@code {a, b}}, or the operand alone. */
  static List<Operand> elements(Operand operand) {
    return operand instanceof Operand.Vector vector ? vector.elements() : List.of(operand);
  }

  /** A number that must be known before the kernel runs. */
  static long immediate(Operand operand) {
    if (operand instanceof Operand.Immediate number && !number.decimal()) {
      return number.bits();
    }
    throw unexpected(operand);
  }

  /** What to throw for an operand that does not fit. */
  public static IllegalArgumentException unexpected(Operand operand) {
    return new IllegalArgumentException("the operand %s is not simulated".formatted(operand));
  }
}
