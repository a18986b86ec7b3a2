package dev.multibox.backend.cuda.sim.exec;

import dev.multibox.backend.cuda.sim.instruction.Collective;
import dev.multibox.backend.cuda.sim.instruction.Opcode;
import dev.multibox.backend.cuda.sim.instruction.Operands;
import dev.multibox.backend.cuda.sim.instruction.WarpOps;
import dev.multibox.backend.cuda.sim.ptx.Operand;
import dev.multibox.backend.cuda.sim.ptx.PtxFunction;
import dev.multibox.backend.cuda.sim.ptx.PtxInstruction;
import dev.multibox.backend.cuda.sim.ptx.PtxType;
import dev.multibox.backend.cuda.sim.ptx.PtxVariable;
import dev.multibox.backend.cuda.sim.report.Site;
import dev.multibox.backend.cuda.sim.report.Sites;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What ends basic blocks: jumps, calls, barriers, and what a warp does together. */
final class ControlOps {
  private final Operands operands;
  private final FunctionCode code;
  private final Map<String, FunctionCode> functions;
  private final Frames frames;
  private final Sites sites;

  ControlOps(
      Operands operands,
      FunctionCode code,
      Map<String, FunctionCode> functions,
      Frames frames,
      Sites sites) {
    this.operands = operands;
    this.code = code;
    this.functions = functions;
    this.frames = frames;
    this.sites = sites;
  }

  /** Whether a function is what {@code assert} calls when it fails. */
  static boolean isAssertion(String function) {
    return function.equals("__assertfail");
  }

  /** The end of block number {@code index}. */
  Terminator decode(FunctionCode.Draft draft, int index) {
    PtxInstruction i = draft.end();
    if (i == null) {
      return new Terminator.Jump(index + 1);
    }
    if (draft.isGuard()) {
      return branch(i, index + 1, index + 2);
    }
    Opcode op = Opcode.of(i);
    Site site = sites.add(code.name(), i);
    return switch (op.name()) {
      case "bra" ->
          i.guard() == null
              ? new Terminator.Jump(code.block(i.operand(0)))
              : branch(i, code.block(i.operand(0)), index + 1);
      case "brx" ->
          new Terminator.Switch(operands.source(i, 0, PtxType.B32), code.table(i.operand(1)), site);
      case "ret" -> new Terminator.Exit(code.function().entry());
      case "exit" -> new Terminator.Exit(true);
      case "trap" -> new Terminator.Trap(-1, site);
      case "call" -> call(i, index, site);
      default -> waiting(i, op, index, site);
    };
  }

  private Terminator branch(PtxInstruction i, int taken, int otherwise) {
    Operand.@Nullable Reg guard = i.guard();
    if (guard == null) {
      return new Terminator.Jump(taken);
    }
    Operands.Predicate predicate = operands.predicate(guard);
    return new Terminator.Branch(predicate.row(), predicate.negated(), taken, otherwise);
  }

  private Terminator waiting(PtxInstruction i, Opcode op, int index, Site site) {
    boolean ofWarp = !op.name().startsWith("bar") || op.has("warp");
    if (!ofWarp) {
      return new Terminator.Wait(barrier(i, op, site), index + 1);
    }
    Collective collective = WarpOps.decode(i, op, operands, site);
    if (collective == null) {
      throw new IllegalArgumentException("the instruction is not simulated");
    }
    return new Terminator.Together(collective, index + 1);
  }

  private Barrier barrier(PtxInstruction i, Opcode op, Site site) {
    if (op.has("cluster")) {
      throw new IllegalArgumentException("barriers of clusters are not simulated");
    }
    boolean reduces = op.has("red");
    int first = reduces ? 1 : 0;
    int last = i.operands().size() - (reduces ? 1 : 0);
    int count = last > first + 1 ? operands.source(i, first + 1, PtxType.B32) : -1;
    boolean aligned = op.name().equals("bar") || op.has("aligned");
    Barrier.Reduction reduction = reduction(op);
    Operands.Predicate predicate =
        reduces ? operands.predicate(i.operand(last)) : new Operands.Predicate(-1, false);
    int result =
        switch (reduction) {
          case NONE -> -1;
          case POPC -> operands.target(i, 0, PtxType.B32);
          case AND, OR -> operands.predicateTarget(i.operand(0));
        };
    return new Barrier(
        site,
        operands.source(i, first, PtxType.B32),
        count,
        aligned,
        op.has("arrive"),
        reduction,
        predicate.row(),
        predicate.negated(),
        result);
  }

  private static Barrier.Reduction reduction(Opcode op) {
    return switch (op.oneOf("", "popc", "and", "or")) {
      case "popc" -> Barrier.Reduction.POPC;
      case "and" -> Barrier.Reduction.AND;
      case "or" -> Barrier.Reduction.OR;
      default -> Barrier.Reduction.NONE;
    };
  }

  private Terminator call(PtxInstruction i, int index, Site site) {
    List<String> results = List.of();
    int target = 0;
    if (i.operand(0) instanceof Operand.Group group) {
      results = names(group);
      target = 1;
    }
    List<String> arguments =
        i.operands().size() > target + 1 && i.operand(target + 1) instanceof Operand.Group group
            ? names(group)
            : List.of();
    String name = CallGraph.calleeName(i);
    if (name != null && isAssertion(name)) {
      return new Terminator.Trap(frames.localOffset(code.function(), arguments.getFirst()), site);
    }
    Map<Long, Terminator.Callee> callees = new HashMap<>();
    if (name != null) {
      callees.put(0L, callee(function(name), arguments, results));
      return new Terminator.Call(callees, -1, index + 1, site);
    }
    for (FunctionCode function : functions.values()) {
      PtxFunction candidate = function.function();
      if (!candidate.entry()
          && candidate.parameters().size() == arguments.size()
          && candidate.results().size() == results.size()) {
        long address = operands.symbols().address(candidate.name());
        callees.put(address, callee(function, arguments, results));
      }
    }
    int pointer = operands.source(i, target, PtxType.B64);
    return new Terminator.Call(callees, pointer, index + 1, site);
  }

  private FunctionCode function(String name) {
    FunctionCode function = functions.get(name);
    if (function == null) {
      throw new IllegalArgumentException("the function %s is not known".formatted(name));
    }
    return function;
  }

  private static List<String> names(Operand.Group group) {
    List<String> names = new ArrayList<>();
    for (Operand element : group.elements()) {
      if (!(element instanceof Operand.Symbol symbol)) {
        throw Operands.unexpected(element);
      }
      names.add(symbol.name());
    }
    return names;
  }

  private Terminator.Callee callee(
      FunctionCode callee, List<String> arguments, List<String> results) {
    PtxFunction function = callee.function();
    List<Terminator.Copy> before = new ArrayList<>();
    List<Terminator.Copy> after = new ArrayList<>();
    for (int k = 0; k < arguments.size(); k++) {
      PtxVariable formal = function.parameters().get(k);
      before.add(
          new Terminator.Copy(
              frames.localOffset(code.function(), arguments.get(k)),
              frames.localOffset(function, formal.name()),
              (int) formal.bytes()));
    }
    for (int k = 0; k < results.size(); k++) {
      PtxVariable formal = function.results().get(k);
      after.add(
          new Terminator.Copy(
              frames.localOffset(function, formal.name()),
              frames.localOffset(code.function(), results.get(k)),
              (int) formal.bytes()));
    }
    return new Terminator.Callee(callee.entry(), before, after);
  }
}
