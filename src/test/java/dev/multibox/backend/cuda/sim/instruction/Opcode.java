package dev.multibox.backend.cuda.sim.instruction;

import dev.multibox.backend.cuda.sim.ptx.PtxInstruction;
import dev.multibox.backend.cuda.sim.ptx.PtxType;
import java.util.ArrayList;
import java.util.List;

/** The parts of an opcode: its name, its types, and the modifiers between. */
public final class Opcode {
  private final String name;
  private final List<String> modifiers = new ArrayList<>();
  private final List<PtxType> types = new ArrayList<>();

  private Opcode(PtxInstruction instruction) {
    List<String> parts = instruction.parts();
    name = parts.getFirst();
    for (String part : parts.subList(1, parts.size())) {
      if (PtxType.isType(part)) {
        types.add(PtxType.of(part));
      } else {
        modifiers.add(part);
      }
    }
  }

  public static Opcode of(PtxInstruction instruction) {
    return new Opcode(instruction);
  }

  public String name() {
    return name;
  }

  public boolean has(String modifier) {
    return modifiers.contains(modifier);
  }

  /** The modifiers in order. */
  List<String> modifiers() {
    return modifiers;
  }

  /** The first type, or the only one. */
  PtxType type() {
    return type(0);
  }

  PtxType type(int index) {
    if (index >= types.size()) {
      throw new IllegalArgumentException("the opcode lacks a type");
    }
    return types.get(index);
  }

  int typeCount() {
    return types.size();
  }

  PtxType lastType() {
    return type(types.size() - 1);
  }

  /** The first of {@code choices} that is a modifier, or {@code otherwise}. */
  public String oneOf(String otherwise, String... choices) {
    for (String choice : choices) {
      if (has(choice)) {
        return choice;
      }
    }
    return otherwise;
  }
}
