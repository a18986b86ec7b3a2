package dev.multibox.backend.cuda.sim.ptx;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One instruction.
 *
 * @param line its line in the PTX, from 1
 * @param source the line of CUDA it comes from
 * @param guard the predicate after {@code @}, if there is one
 * @param opcode with all suffixes, for example {@code ld.global.f32}
 */
public record PtxInstruction(
    int line, SourceLine source, Operand.@Nullable Reg guard, String opcode, List<Operand> operands)
    implements Statement {
  /** Whether the opcode begins with {@code prefix}, up to a dot or its end. */
  public boolean is(String prefix) {
    return opcode.startsWith(prefix)
        && (opcode.length() == prefix.length() || opcode.charAt(prefix.length()) == '.');
  }

  /** The opcode's parts between the dots. */
  public List<String> parts() {
    return List.of(opcode.split("\\."));
  }

  public Operand operand(int index) {
    if (index >= operands.size()) {
      throw new IllegalArgumentException(
          "%s has %d operands, wanted more".formatted(opcode, operands.size()));
    }
    return operands.get(index);
  }

  /** For example {@code ld.global.f32 (line 41)}. */
  @Override
  public String toString() {
    return "%s (line %d)".formatted(opcode, line);
  }
}
