package dev.multibox.backend.cuda.sim.ptx;

import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The names of one block in braces. */
final class Scope {
  /** Registers declared together as {@code %r<10>}. */
  private record Family(PtxType type, long count) {}

  private final @Nullable Scope parent;
  private final String suffix;
  private final int firstStatement;
  private final Map<String, Register> registers = new HashMap<>();
  private final Map<String, Family> families = new HashMap<>();
  private final Map<String, String> variables = new HashMap<>();
  private final Map<String, String> labels = new HashMap<>();

  /**
   * @param suffix tells variables and labels of this block from others of the same name
   * @param firstStatement how many statements precede this block
   */
  Scope(@Nullable Scope parent, String suffix, int firstStatement) {
    this.parent = parent;
    this.suffix = suffix;
    this.firstStatement = firstStatement;
  }

  @Nullable Scope parent() {
    return parent;
  }

  int firstStatement() {
    return firstStatement;
  }

  /** The labels of this block, with the names that are unique in the function. */
  Map<String, String> labels() {
    return labels;
  }

  void declareRegister(String name, PtxType type) {
    registers.put(name, new Register(name, type));
  }

  void declareFamily(String prefix, PtxType type, long count) {
    families.put(prefix, new Family(type, count));
  }

  /** Declares a variable and returns its unique name. */
  String declareVariable(String name) {
    String unique = name + suffix;
    variables.put(name, unique);
    return unique;
  }

  /** Declares a label and returns its unique name. */
  String declareLabel(String name) {
    String unique = name + suffix;
    labels.put(name, unique);
    return unique;
  }

  /** The register of that name in this block or around it. */
  @Nullable Register register(String name) {
    for (Scope scope = this; scope != null; scope = scope.parent) {
      Register register = scope.own(name);
      if (register != null) {
        return register;
      }
    }
    return null;
  }

  private @Nullable Register own(String name) {
    Register register = registers.get(name);
    if (register != null) {
      return register;
    }
    int digits = name.length();
    while (digits > 0 && Character.isDigit(name.charAt(digits - 1))) {
      digits--;
    }
    // A family's prefix may end in digits itself, so all ways to split the name are tried.
    for (int split = digits; split < name.length(); split++) {
      Family family = families.get(name.substring(0, split));
      if (family != null && Long.parseLong(name.substring(split)) < family.count()) {
        declareRegister(name, family.type());
        return registers.get(name);
      }
    }
    return null;
  }

  /** The unique name of a variable in this block or around it, or the name itself. */
  String variable(String name) {
    for (Scope scope = this; scope != null; scope = scope.parent) {
      String unique = scope.variables.get(name);
      if (unique != null) {
        return unique;
      }
    }
    return name;
  }
}
