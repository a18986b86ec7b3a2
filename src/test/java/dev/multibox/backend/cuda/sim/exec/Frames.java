package dev.multibox.backend.cuda.sim.exec;

import dev.multibox.backend.cuda.sim.instruction.Symbols;
import dev.multibox.backend.cuda.sim.memory.Places;
import dev.multibox.backend.cuda.sim.memory.SharedMemory;
import dev.multibox.backend.cuda.sim.ptx.Operand;
import dev.multibox.backend.cuda.sim.ptx.PtxException;
import dev.multibox.backend.cuda.sim.ptx.PtxFile;
import dev.multibox.backend.cuda.sim.ptx.PtxFunction;
import dev.multibox.backend.cuda.sim.ptx.PtxInstruction;
import dev.multibox.backend.cuda.sim.ptx.PtxVariable;
import dev.multibox.backend.cuda.sim.ptx.Statement;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Where the variables of a kernel and its functions lie in shared and local memory. What functions
 * pass to each other lies in local memory too. Between variables in shared memory are gaps, so that
 * running over the end of one is seen.
 */
final class Frames {
  private static final int GAP = 128;

  /** Address zero belongs to nothing. */
  private static final int LOCAL_START = 16;

  private final Symbols module;
  private final Map<String, Symbols> byFunction = new HashMap<>();
  private final List<SharedMemory.Range> shared = new ArrayList<>();
  private final List<PtxVariable> dynamic = new ArrayList<>();
  private long local = LOCAL_START;
  private long sharedEnd;
  private long sharedBytes;

  private Frames(Symbols module) {
    this.module = module;
  }

  static Frames of(PtxFile file, PtxFunction kernel, List<PtxFunction> reached, Symbols module) {
    Frames frames = new Frames(new Symbols(module));
    Set<String> named = new HashSet<>();
    for (PtxFunction function : reached) {
      named.addAll(names(function));
    }
    for (PtxVariable variable : file.variables()) {
      if (variable.space().equals("shared") && named.contains(variable.name())) {
        frames.addShared(variable, frames.module);
      }
    }
    for (PtxFunction function : reached) {
      frames.add(function, function.entry());
    }
    for (PtxVariable variable : frames.dynamic) {
      frames.module.put(variable, frames.dynamicOffset());
    }
    if (frames.sharedEnd > SharedMemory.MOST_BYTES) {
      throw new PtxException(
          file.name(),
          1,
          "%s: %d bytes of shared memory".formatted(kernel.name(), frames.sharedEnd));
    }
    return frames;
  }

  /** The names that the instructions of a function speak of. */
  private static Set<String> names(PtxFunction function) {
    Set<String> names = new HashSet<>();
    for (Statement statement : function.body()) {
      if (statement instanceof PtxInstruction instruction) {
        instruction.operands().forEach(operand -> addName(operand, names));
      }
    }
    return names;
  }

  private static void addName(Operand operand, Set<String> names) {
    switch (operand) {
      case Operand.Symbol symbol -> names.add(symbol.name());
      case Operand.Address address -> addName(address.base(), names);
      default -> {
        // Names no variable.
      }
    }
  }

  private void add(PtxFunction function, boolean isKernel) {
    Symbols symbols = new Symbols(module);
    byFunction.put(function.name(), symbols);
    if (isKernel) {
      long offset = 0;
      for (PtxVariable parameter : function.parameters()) {
        offset = aligned(offset, parameter.alignment());
        symbols.put(parameter, Places.PARAM + offset);
        offset += parameter.bytes();
      }
    } else {
      function.parameters().forEach(parameter -> addPassed(parameter, symbols));
      function.results().forEach(result -> addPassed(result, symbols));
    }
    for (PtxVariable variable : function.variables()) {
      switch (variable.space()) {
        case "shared" -> addShared(variable, symbols);
        case "local" -> symbols.put(variable, placeLocal(variable));
        case "param" -> addPassed(variable, symbols);
        default ->
            throw new IllegalArgumentException(
                "%s variables in a function are not simulated".formatted(variable.space()));
      }
    }
  }

  private void addPassed(PtxVariable variable, Symbols symbols) {
    symbols.put(variable, Places.LOCAL + placeLocal(variable));
  }

  private long placeLocal(PtxVariable variable) {
    long offset = aligned(local, Math.max(variable.alignment(), 8));
    local = offset + variable.bytes();
    return offset;
  }

  private void addShared(PtxVariable variable, Symbols symbols) {
    if (variable.isDynamic()) {
      dynamic.add(variable);
      return;
    }
    long start = sharedEnd == 0 ? 0 : aligned(sharedEnd + GAP, GAP);
    symbols.put(variable, start);
    shared.add(new SharedMemory.Range((int) start, (int) variable.bytes()));
    sharedEnd = start + variable.bytes();
    sharedBytes = aligned(sharedBytes, variable.alignment()) + variable.bytes();
  }

  private static long aligned(long offset, int alignment) {
    return Math.ceilDiv(offset, alignment) * alignment;
  }

  Symbols symbols(PtxFunction function) {
    Symbols symbols = byFunction.get(function.name());
    return symbols == null ? module : symbols;
  }

  /** Where a variable of a function lies in the local memory of a lane. */
  int localOffset(PtxFunction function, String name) {
    return (int) (symbols(function).address(name) - Places.LOCAL);
  }

  List<SharedMemory.Range> shared() {
    return shared;
  }

  int dynamicOffset() {
    return (int) (sharedEnd == 0 ? 0 : aligned(sharedEnd + GAP, GAP));
  }

  /** What the variables in shared memory take on a GPU, without the gaps. */
  int sharedBytes() {
    return Math.toIntExact(sharedBytes);
  }

  int localBytes() {
    return Math.toIntExact(aligned(local, 16));
  }
}
