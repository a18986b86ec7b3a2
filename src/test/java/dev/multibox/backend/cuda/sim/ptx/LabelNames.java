package dev.multibox.backend.cuda.sim.ptx;

import java.util.List;
import java.util.Map;

/** Replaces the labels of a block in braces by names that are unique in the function. */
final class LabelNames {
  private LabelNames() {}

  static Statement renamed(Statement statement, Map<String, String> names) {
    return switch (statement) {
      case Statement.Label label -> label;
      case Statement.Targets targets ->
          new Statement.Targets(
              targets.name(),
              targets.labels().stream().map(label -> names.getOrDefault(label, label)).toList());
      case PtxInstruction instruction ->
          new PtxInstruction(
              instruction.line(),
              instruction.source(),
              instruction.guard(),
              instruction.opcode(),
              renamed(instruction.operands(), names));
    };
  }

  private static List<Operand> renamed(List<Operand> operands, Map<String, String> names) {
    return operands.stream().map(operand -> renamed(operand, names)).toList();
  }

  private static Operand renamed(Operand operand, Map<String, String> names) {
    return operand instanceof Operand.Symbol symbol
        ? new Operand.Symbol(names.getOrDefault(symbol.name(), symbol.name()), symbol.offset())
        : operand;
  }
}
