package dev.multibox.backend.cuda.sim.ptx;

import java.util.ArrayList;
import java.util.List;

/** Reads the operands of an instruction. */
final class OperandParser {
  private static final int WARP_SIZE = 32;

  private final PtxScanner scanner;
  private final Scope scope;

  OperandParser(PtxScanner scanner, Scope scope) {
    this.scanner = scanner;
    this.scope = scope;
  }

  /** All operands up to the semicolon, which is taken. */
  List<Operand> list() {
    List<Operand> operands = new ArrayList<>();
    while (!scanner.accept(';')) {
      if (!operands.isEmpty()) {
        scanner.expect(',');
      }
      operands.add(operand());
    }
    return operands;
  }

  Operand operand() {
    Operand first = single();
    return scanner.accept('|') ? new Operand.Pair(first, single()) : first;
  }

  private Operand single() {
    if (scanner.accept('[')) {
      return address();
    }
    if (scanner.accept('{')) {
      return new Operand.Vector(until('}'));
    }
    if (scanner.accept('(')) {
      return new Operand.Group(until(')'));
    }
    if (scanner.accept('!')) {
      return name(true);
    }
    return scanner.atName() ? name(false) : scanner.number();
  }

  private List<Operand> until(char end) {
    List<Operand> elements = new ArrayList<>();
    while (!scanner.accept(end)) {
      elements.add(operand());
      scanner.accept(',');
    }
    return elements;
  }

  private Operand address() {
    Operand base = scanner.atName() ? name(false) : scanner.number();
    long offset = offset();
    scanner.expect(']');
    if (base instanceof Operand.Symbol symbol) {
      return new Operand.Address(new Operand.Symbol(symbol.name(), 0), symbol.offset() + offset);
    }
    return new Operand.Address(base, offset);
  }

  /** {@code +4}, {@code -4}, {@code +-4}, or nothing. */
  private long offset() {
    if (scanner.accept('+') || scanner.peek() == '-') {
      return scanner.integer();
    }
    return 0;
  }

  private Operand name(boolean negated) {
    String name = scanner.word();
    if (name.equals("_")) {
      return new Operand.Sink();
    }
    Register register = scope.register(name);
    if (register != null) {
      return new Operand.Reg(register, negated);
    }
    if (name.startsWith("%")) {
      return new Operand.Special(name + scanner.component());
    }
    if (name.equals("WARP_SZ")) {
      return new Operand.Immediate(WARP_SIZE, false);
    }
    return new Operand.Symbol(scope.variable(name), offset());
  }
}
