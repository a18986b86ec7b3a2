package dev.multibox.backend.cuda.sim.instruction;

import dev.multibox.backend.cuda.sim.memory.Places;
import dev.multibox.backend.cuda.sim.ptx.PtxVariable;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Where the variables, parameters and functions that a function speaks of lie. */
public final class Symbols {
  /** The functions of a module have addresses from here on. */
  public static final long FUNCTIONS = 1L << 59;

  private final @Nullable Symbols outer;
  private final Map<String, Long> addresses = new HashMap<>();
  private final Map<String, PtxVariable> variables = new HashMap<>();

  /** What a function adds to the names of its module. */
  public Symbols(@Nullable Symbols outer) {
    this.outer = outer;
  }

  public void put(String name, long address) {
    addresses.put(name, address);
  }

  public void put(PtxVariable variable, long address) {
    addresses.put(variable.name(), address);
    variables.put(variable.name(), variable);
  }

  /** The address of a name, in its own space; a shared variable's is its offset. */
  public long address(String name) {
    Long address = find(name);
    if (address == null) {
      throw new IllegalArgumentException("the name %s is not known".formatted(name));
    }
    return address;
  }

  private @Nullable Long find(String name) {
    Long address = addresses.get(name);
    return address != null || outer == null ? address : outer.find(name);
  }

  /** The declaration of a variable; null if the name is none. */
  @Nullable PtxVariable variable(String name) {
    PtxVariable variable = variables.get(name);
    return variable != null || outer == null ? variable : outer.variable(name);
  }

  /** Whether an address is one of a parameter of the kernel. */
  static boolean isKernelParameter(long address) {
    return Places.isParam(address);
  }
}
