package dev.multibox.backend.cuda.sim.instruction;

import dev.multibox.backend.cuda.sim.memory.Request;
import dev.multibox.backend.cuda.sim.memory.WorkerMemory;

/** Where an access may go, as its opcode says. */
public enum Space {
  GLOBAL {
    @Override
    void resolve(WorkerMemory memory, Request request) {
      memory.global(request);
    }
  },
  SHARED {
    @Override
    void resolve(WorkerMemory memory, Request request) {
      memory.shared(request);
    }
  },
  LOCAL {
    @Override
    void resolve(WorkerMemory memory, Request request) {
      memory.local(request);
    }
  },
  GENERIC {
    @Override
    void resolve(WorkerMemory memory, Request request) {
      memory.generic(request);
    }
  };

  abstract void resolve(WorkerMemory memory, Request request);

  /** The space that an opcode names. Constant memory has global addresses. */
  public static Space of(Opcode op) {
    for (String modifier : op.modifiers()) {
      switch (modifier) {
        case "global", "const" -> {
          return GLOBAL;
        }
        case "shared", "shared::cta" -> {
          return SHARED;
        }
        case "local" -> {
          return LOCAL;
        }
        case "shared::cluster" ->
            throw new IllegalArgumentException("shared memory of clusters is not simulated");
        default -> {
          // Another modifier.
        }
      }
    }
    return GENERIC;
  }

  public boolean mayBeGlobal() {
    return this == GLOBAL || this == GENERIC;
  }
}
