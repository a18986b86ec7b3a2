package dev.multibox.backend.cuda.sim.exec;

import dev.multibox.backend.cuda.sim.instruction.Instructions;
import dev.multibox.backend.cuda.sim.instruction.Operands;
import dev.multibox.backend.cuda.sim.instruction.Operation;
import dev.multibox.backend.cuda.sim.instruction.Rows;
import dev.multibox.backend.cuda.sim.instruction.Symbols;
import dev.multibox.backend.cuda.sim.ptx.PtxException;
import dev.multibox.backend.cuda.sim.ptx.PtxFile;
import dev.multibox.backend.cuda.sim.ptx.PtxFunction;
import dev.multibox.backend.cuda.sim.ptx.PtxInstruction;
import dev.multibox.backend.cuda.sim.report.Site;
import dev.multibox.backend.cuda.sim.report.Sites;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/** Makes a program of a kernel and of the functions it calls. */
public final class Compiler {
  private final PtxFile file;
  private final Symbols module;
  private final Sites sites;
  private final Rows rows = new Rows();
  private final List<BasicBlock> blocks = new ArrayList<>();
  private final Map<String, FunctionCode> functions = new LinkedHashMap<>();
  private final Traits traits = new Traits();

  private Compiler(PtxFile file, Symbols module, Sites sites) {
    this.file = file;
    this.module = module;
    this.sites = sites;
  }

  /**
   * Compiles a kernel.
   *
   * @param module where the module's variables and functions lie
   * @throws PtxException naming the line, if the kernel has what is not simulated
   */
  public static Program compile(PtxFile file, PtxFunction kernel, Symbols module, Sites sites) {
    return new Compiler(file, module, sites).compile(kernel);
  }

  private Program compile(PtxFunction kernel) {
    List<PtxFunction> reached = CallGraph.of(file).reachedFrom(kernel);
    Frames frames = Frames.of(file, kernel, reached, module);
    int next = 0;
    for (PtxFunction function : reached) {
      FunctionCode code = new FunctionCode(function, next);
      functions.put(function.name(), code);
      next += code.size();
      traits.add(function);
    }
    for (FunctionCode code : functions.values()) {
      generate(code, frames);
    }
    return new Program(
        kernel.name(),
        blocks.toArray(BasicBlock[]::new),
        rows,
        frames,
        kernel.maxThreads(),
        traits);
  }

  private void generate(FunctionCode code, Frames frames) {
    Operands operands = new Operands(rows, frames.symbols(code.function()));
    ControlOps control = new ControlOps(operands, code, functions, frames, sites);
    for (FunctionCode.Draft draft : code.drafts()) {
      List<Operation> body = new ArrayList<>();
      for (PtxInstruction instruction : draft.body()) {
        Site site = sites.add(code.name(), instruction);
        body.add(explained(instruction, () -> Instructions.decode(instruction, operands, site)));
      }
      int index = blocks.size();
      Terminator end =
          draft.end() == null
              ? new Terminator.Jump(index + 1)
              : explained(draft.end(), () -> control.decode(draft, index));
      blocks.add(new BasicBlock(body.toArray(Operation[]::new), end, lastSite(code, draft)));
    }
  }

  private Site lastSite(FunctionCode code, FunctionCode.Draft draft) {
    PtxInstruction last = draft.end() != null ? draft.end() : code.lastOf(draft);
    return sites.add(code.name(), last);
  }

  /** Runs {@code work}, adding file, line and opcode to what it throws. */
  private <T> T explained(PtxInstruction instruction, Supplier<T> work) {
    try {
      return work.get();
    } catch (IllegalArgumentException e) {
      throw new PtxException(
          file.name(), instruction.line(), instruction.opcode() + ": " + e.getMessage());
    }
  }
}
