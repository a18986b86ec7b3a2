package dev.multibox.backend.cuda.sim.instruction;

import dev.multibox.backend.cuda.sim.memory.Access;
import dev.multibox.backend.cuda.sim.memory.Access.Strength;
import dev.multibox.backend.cuda.sim.memory.Places;
import dev.multibox.backend.cuda.sim.memory.RaceDetector;
import dev.multibox.backend.cuda.sim.memory.Request;
import dev.multibox.backend.cuda.sim.ptx.Operand;
import dev.multibox.backend.cuda.sim.ptx.PtxInstruction;
import dev.multibox.backend.cuda.sim.ptx.PtxType;
import dev.multibox.backend.cuda.sim.report.Site;
import org.jspecify.annotations.Nullable;

/** Loads, stores and fences. */
final class MemoryOps {
  private MemoryOps() {}

  /** The operation of an instruction of this family, or null. */
  static @Nullable Operation decode(PtxInstruction i, Opcode op, Operands o, Site site) {
    return switch (op.name()) {
      case "ld", "ldu" -> load(i, op, o, site);
      case "st" -> store(i, op, o, site);
      case "membar", "fence" -> op.has("proxy") ? null : fence(isDevice(op));
      default -> null;
    };
  }

  private static boolean isDevice(Opcode op) {
    return !op.has("cta");
  }

  /** How strong a load or a store is among concurrent ones. */
  private static Strength strength(Opcode op) {
    if (op.has("relaxed") || op.has("acquire") || op.has("release")) {
      return isDevice(op) ? Strength.DEVICE : Strength.BLOCK;
    }
    return op.has("volatile") ? Strength.VOLATILE : Strength.WEAK;
  }

  private static Operation load(PtxInstruction i, Opcode op, Operands o, Site site) {
    PtxType type = op.type();
    Elements elements = Elements.of(i.operand(0), o, type, true);
    if (op.has("param")) {
      Operation fromParameters = loadParameter(i, o, elements);
      if (fromParameters != null) {
        return fromParameters;
      }
    }
    Space space = op.has("param") ? Space.GENERIC : Space.of(op);
    Addresses addresses = Addresses.of(i.operand(1), o);
    Access access =
        new Access(site, elements.totalBytes(), true, false, strength(op), op.has("nc"));
    return (w, mask) -> {
      Request request = w.worker.request();
      addresses.fill(w, request.address);
      request.start(access, mask, w.index);
      space.resolve(w.worker.memory(), request);
      elements.load(w, mask, request.host);
    };
  }

  /** A load of a parameter by its name: of the kernel's own, or of what a function was passed. */
  private static @Nullable Operation loadParameter(
      PtxInstruction i, Operands o, Elements elements) {
    if (!(i.operand(1) instanceof Operand.Address address
        && address.base() instanceof Operand.Symbol symbol)) {
      return null;
    }
    long place = o.symbols().address(symbol.name()) + address.offset();
    if (!Symbols.isKernelParameter(place)) {
      return null;
    }
    long offset = place - Places.PARAM;
    return (w, mask) -> elements.loadUniform(w, mask, w.worker.parameters() + offset);
  }

  private static Operation store(PtxInstruction i, Opcode op, Operands o, Site site) {
    PtxType type = op.type();
    Elements elements = Elements.of(i.operand(1), o, type, false);
    Space space = op.has("param") ? Space.GENERIC : Space.of(op);
    Addresses addresses = Addresses.of(i.operand(0), o);
    Access access = new Access(site, elements.totalBytes(), false, true, strength(op), false);
    Operation store =
        (w, mask) -> {
          Request request = w.worker.request();
          addresses.fill(w, request.address);
          request.start(access, mask, w.index, w.worker.stored().of(w, elements));
          space.resolve(w.worker.memory(), request);
          elements.store(w, mask, request.host);
        };
    return op.has("release") ? after(fence(isDevice(op)), store) : store;
  }

  /** One operation after another. */
  static Operation after(Operation first, Operation second) {
    return (w, mask) -> {
      first.run(w, mask);
      second.run(w, mask);
    };
  }

  /** Orders what each lane did before with what it does after. */
  static Operation fence(boolean device) {
    return (w, mask) -> {
      RaceDetector races = w.worker.memory().races();
      for (int m = mask; m != 0; m &= m - 1) {
        races.fence(w.thread(Integer.numberOfTrailingZeros(m)), device);
      }
    };
  }
}
