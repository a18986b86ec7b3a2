package dev.multibox.backend.cuda.sim.ptx;

import java.util.ArrayList;
import java.util.List;

/** Reads variables in memory, whose space was taken already. */
final class DeclarationParser {
  private final PtxScanner scanner;

  DeclarationParser(PtxScanner scanner) {
    this.scanner = scanner;
  }

  /** All variables up to the semicolon. */
  List<PtxVariable> variables(String space) {
    List<PtxVariable> list = new ArrayList<>();
    Head head = head();
    do {
      list.add(named(space, head));
    } while (scanner.accept(','));
    scanner.expect(';');
    return list;
  }

  /** One variable, without a semicolon. */
  PtxVariable one(String space) {
    return named(space, head());
  }

  /** What stands before the name. */
  private record Head(PtxType type, int alignment) {}

  private Head head() {
    int alignment = 0;
    boolean pointer = false;
    PtxType type = null;
    while (scanner.peek() == '.') {
      String directive = scanner.directive();
      if (directive.equals("align")) {
        int given = (int) scanner.integer();
        // The .align of a pointer speaks of what it points to.
        alignment = pointer ? alignment : given;
      } else if (directive.equals("ptr")) {
        pointer = true;
      } else if (PtxType.isType(directive)) {
        type = PtxType.of(directive);
      } else if (!pointer && !directive.startsWith("attribute")) {
        throw scanner.error("a variable with .%s is not simulated".formatted(directive));
      }
    }
    if (type == null) {
      throw scanner.error("expected a type");
    }
    return new Head(type, alignment == 0 ? type.bytes() : alignment);
  }

  private PtxVariable named(String space, Head head) {
    String name = scanner.word();
    long count = 1;
    boolean unsized = false;
    while (scanner.accept('[')) {
      if (scanner.accept(']')) {
        unsized = true;
      } else {
        count *= scanner.integer();
        scanner.expect(']');
      }
    }
    List<Operand> values = new ArrayList<>();
    if (scanner.accept('=')) {
      initial(values);
    }
    long elements = !unsized ? count : values.size();
    return new PtxVariable(
        space, head.type(), name, head.alignment(), elements * head.type().bytes(), values);
  }

  private void initial(List<Operand> values) {
    if (scanner.accept('{')) {
      while (!scanner.accept('}')) {
        initial(values);
        scanner.accept(',');
      }
    } else if (scanner.atName()) {
      values.add(symbol());
    } else {
      values.add(scanner.number());
    }
  }

  /** {@code name}, {@code name + 4} or {@code generic(name) + 4}. */
  private Operand.Symbol symbol() {
    String name = scanner.word();
    if (scanner.accept('(')) {
      if (!name.equals("generic")) {
        throw scanner.error("%s() in a variable is not simulated".formatted(name));
      }
      name = scanner.word();
      scanner.expect(')');
    }
    long offset = 0;
    if (scanner.accept('+')) {
      offset = scanner.integer();
    } else if (scanner.peek() == '-') {
      offset = scanner.integer();
    }
    return new Operand.Symbol(name, offset);
  }
}
