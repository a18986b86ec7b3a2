package dev.multibox.backend.cuda.sim.exec;

import dev.multibox.backend.cuda.sim.instruction.Operands;
import dev.multibox.backend.cuda.sim.ptx.Operand;
import dev.multibox.backend.cuda.sim.ptx.PtxFunction;
import dev.multibox.backend.cuda.sim.ptx.PtxInstruction;
import dev.multibox.backend.cuda.sim.ptx.SourceLine;
import dev.multibox.backend.cuda.sim.ptx.Statement;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A function cut into basic blocks, whose instructions are not decoded yet. */
final class FunctionCode {
  private static final Set<String> ENDS =
      Set.of(
          "bra", "brx", "call", "ret", "exit", "trap", "bar", "barrier", "shfl", "vote", "match");

  /**
   * A basic block.
   *
   * @param end its last instruction; null if it just goes on with the next block
   * @param isGuard whether the block ends with the guard of {@code end}, which is the next block
   */
  record Draft(List<PtxInstruction> body, @Nullable PtxInstruction end, boolean isGuard) {}

  private static final PtxInstruction RETURN =
      new PtxInstruction(0, SourceLine.UNKNOWN, null, "ret", List.of());

  private final PtxFunction function;
  private final int first;
  private final List<Draft> drafts = new ArrayList<>();
  private final Map<String, Integer> labels = new HashMap<>();
  private final Map<String, List<String>> tables = new HashMap<>();
  private List<PtxInstruction> body = new ArrayList<>();

  /**
   * @param first the index of its first block in the program
   */
  FunctionCode(PtxFunction function, int first) {
    this.function = function;
    this.first = first;
    for (Statement statement : function.body()) {
      add(statement);
    }
    // A body may end without a return.
    finish(null, false);
    drafts.add(new Draft(List.of(), RETURN, false));
  }

  /** The last instruction of a block, or a return if it has none. */
  PtxInstruction lastOf(Draft draft) {
    return draft.body().isEmpty() ? RETURN : draft.body().getLast();
  }

  private void add(Statement statement) {
    switch (statement) {
      case Statement.Label label -> {
        if (!body.isEmpty()) {
          finish(null, false);
        }
        labels.put(label.name(), first + drafts.size());
      }
      case Statement.Targets targets -> tables.put(targets.name(), targets.labels());
      case PtxInstruction instruction -> add(instruction);
    }
  }

  private void add(PtxInstruction instruction) {
    String name = instruction.parts().getFirst();
    if (!ENDS.contains(name)) {
      body.add(instruction);
    } else if (instruction.guard() == null || name.equals("bra")) {
      finish(instruction, false);
    } else {
      finish(instruction, true);
      finish(instruction, false);
    }
  }

  private void finish(@Nullable PtxInstruction end, boolean isGuard) {
    drafts.add(new Draft(body, end, isGuard));
    body = new ArrayList<>();
  }

  PtxFunction function() {
    return function;
  }

  String name() {
    return function.name();
  }

  /** The index of the first block in the program. */
  int entry() {
    return first;
  }

  int size() {
    return drafts.size();
  }

  List<Draft> drafts() {
    return drafts;
  }

  /** The block that a label stands before. */
  int block(Operand label) {
    if (label instanceof Operand.Symbol symbol) {
      return block(symbol.name());
    }
    throw Operands.unexpected(label);
  }

  private int block(String label) {
    Integer index = labels.get(label);
    if (index == null) {
      throw new IllegalArgumentException("the label %s is not known".formatted(label));
    }
    return index;
  }

  /** The blocks of a table of labels. */
  List<Integer> table(Operand name) {
    List<String> list = name instanceof Operand.Symbol symbol ? tables.get(symbol.name()) : null;
    if (list == null) {
      throw Operands.unexpected(name);
    }
    return list.stream().map(this::block).toList();
  }
}
