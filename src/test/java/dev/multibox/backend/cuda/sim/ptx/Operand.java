package dev.multibox.backend.cuda.sim.ptx;

import java.util.List;

/** What stands between the commas of an instruction. */
public sealed interface Operand {
  /** A register; {@code negated} for a predicate read as {@code !p}. */
  record Reg(Register register, boolean negated) implements Operand {}

  /** A register of the machine, such as {@code %tid.x}. */
  record Special(String name) implements Operand {}

  /**
   * A number. Integers are kept in two's complement, {@code 0f} and {@code 0d} constants as their
   * bits; {@code decimal} is set for a constant with a decimal point, whose type the instruction
   * decides.
   */
  record Immediate(long bits, boolean decimal) implements Operand {}

  /** The address of a variable, or a label, a function. */
  record Symbol(String name, long offset) implements Operand {}

  /** {@code [base + offset]}. */
  record Address(Operand base, long offset) implements Operand {}

  /** {@code {a, b}}. */
  record Vector(List<Operand> elements) implements Operand {}

  /** {@code a|b}. */
  record Pair(Operand first, Operand second) implements Operand {}

  /** {@code (a, b)}: what a call passes or takes back. */
  record Group(List<Operand> elements) implements Operand {}

  /** {@code _}: a result that nobody wants. */
  record Sink() implements Operand {}
}
