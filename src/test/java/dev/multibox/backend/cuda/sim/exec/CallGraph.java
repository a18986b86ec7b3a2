package dev.multibox.backend.cuda.sim.exec;

import dev.multibox.backend.cuda.sim.ptx.Operand;
import dev.multibox.backend.cuda.sim.ptx.PtxException;
import dev.multibox.backend.cuda.sim.ptx.PtxFile;
import dev.multibox.backend.cuda.sim.ptx.PtxFunction;
import dev.multibox.backend.cuda.sim.ptx.PtxInstruction;
import dev.multibox.backend.cuda.sim.ptx.Statement;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Which functions call which. A call through a pointer may reach every function whose address is
 * taken somewhere in the file.
 */
final class CallGraph {
  private final PtxFile file;

  private CallGraph(PtxFile file) {
    this.file = file;
  }

  static CallGraph of(PtxFile file) {
    return new CallGraph(file);
  }

  /**
   * A kernel and all functions it may call, the kernel first.
   *
   * @throws PtxException if one of them may call itself, since each has its registers once
   */
  List<PtxFunction> reachedFrom(PtxFunction kernel) {
    Set<PtxFunction> reached = new LinkedHashSet<>();
    visit(kernel, new ArrayList<>(), reached);
    return List.copyOf(reached);
  }

  private void visit(PtxFunction function, List<String> path, Set<PtxFunction> reached) {
    reached.add(function);
    path.add(function.name());
    for (Statement statement : function.body()) {
      if (statement instanceof PtxInstruction call && call.is("call")) {
        for (PtxFunction callee : callees(call)) {
          if (path.contains(callee.name())) {
            throw new PtxException(
                file.name(),
                call.line(),
                "call: recursion is not simulated: %s -> %s"
                    .formatted(String.join(" -> ", path), callee.name()));
          }
          visit(callee, path, reached);
        }
      }
    }
    path.removeLast();
  }

  private List<PtxFunction> callees(PtxInstruction call) {
    String name = calleeName(call);
    if (name == null) {
      return addressTaken();
    }
    PtxFunction callee = file.functions().get(name);
    if (ControlOps.isAssertion(name)) {
      return List.of();
    }
    if (callee == null || callee.isDeclaration()) {
      throw new PtxException(
          file.name(), call.line(), "call: the function %s is not simulated".formatted(name));
    }
    return List.of(callee);
  }

  private List<PtxFunction> addressTaken() {
    Set<String> named = new HashSet<>();
    file.variables().forEach(variable -> addNames(variable.values(), named));
    for (PtxFunction function : file.functions().values()) {
      for (Statement statement : function.body()) {
        if (statement instanceof PtxInstruction mov && mov.is("mov")) {
          addNames(mov.operands(), named);
        }
      }
    }
    return file.functions().values().stream()
        .filter(function -> named.contains(function.name()) && !function.isDeclaration())
        .toList();
  }

  private static void addNames(List<Operand> operands, Set<String> names) {
    for (Operand operand : operands) {
      if (operand instanceof Operand.Symbol symbol) {
        names.add(symbol.name());
      }
    }
  }

  /** The name of the function that a call names; null for a call through a pointer. */
  static @Nullable String calleeName(PtxInstruction call) {
    Operand first = call.operand(0);
    Operand target = first instanceof Operand.Group ? call.operand(1) : first;
    return target instanceof Operand.Symbol symbol ? symbol.name() : null;
  }
}
