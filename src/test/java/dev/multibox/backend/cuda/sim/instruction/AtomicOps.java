package dev.multibox.backend.cuda.sim.instruction;

import dev.multibox.backend.cuda.sim.memory.Access;
import dev.multibox.backend.cuda.sim.memory.Access.Strength;
import dev.multibox.backend.cuda.sim.memory.Raw;
import dev.multibox.backend.cuda.sim.memory.Request;
import dev.multibox.backend.cuda.sim.ptx.Operand;
import dev.multibox.backend.cuda.sim.ptx.PtxInstruction;
import dev.multibox.backend.cuda.sim.ptx.PtxType;
import dev.multibox.backend.cuda.sim.report.Site;

/** Atomic operations: {@code atom} gives the old value, {@code red} does not. */
final class AtomicOps {
  /** The new value from the old one and the operands, as bits. */
  @FunctionalInterface
  private interface Change {
    long apply(long old, long b, long c);
  }

  private AtomicOps() {}

  static Operation decode(PtxInstruction i, Opcode op, Operands o, Site site) {
    boolean returns = op.name().equals("atom");
    int first = returns ? 1 : 0;
    PtxType type = op.type();
    boolean wide = type.isWide();
    int bytes = type.bytes();
    int d = returns && !(i.operand(0) instanceof Operand.Sink) ? o.target(i, 0, type) : -1;
    Addresses addresses = Addresses.of(i.operand(first), o);
    int b = o.source(i, first + 1, type);
    boolean swaps = op.has("cas");
    int c = swaps ? o.source(i, first + 2, type) : b;
    Space space = Space.of(op);
    Strength strength = op.has("cta") ? Strength.BLOCK : Strength.DEVICE;
    Access access = new Access(site, bytes, true, true, strength, false);
    Change change = change(op, type);
    Operation atomic =
        (w, mask) -> {
          Request request = w.worker.request();
          addresses.fill(w, request.address);
          request.start(access, mask, w.index);
          space.resolve(w.worker.memory(), request);
          for (int m = mask; m != 0; m &= m - 1) {
            int lane = Integer.numberOfTrailingZeros(m);
            long host = request.host[lane];
            long old = Raw.get(host, bytes);
            Raw.put(
                host, bytes, change.apply(old, value(w, wide, b, lane), value(w, wide, c, lane)));
            if (d >= 0 && wide) {
              w.longs[d][lane] = old;
            } else if (d >= 0) {
              w.ints[d][lane] = (int) old;
            }
          }
        };
    boolean releases = op.has("release") || op.has("acq_rel");
    return releases ? MemoryOps.after(MemoryOps.fence(!op.has("cta")), atomic) : atomic;
  }

  private static long value(Warp w, boolean wide, int row, int lane) {
    return wide ? w.longs[row][lane] : w.ints[row][lane] & 0xffff_ffffL;
  }

  private static Change change(Opcode op, PtxType type) {
    String what =
        op.oneOf("", "add", "exch", "cas", "min", "max", "inc", "dec", "and", "or", "xor");
    boolean signed = type.isSigned();
    return switch (what) {
      case "add" -> sum(type);
      case "exch" -> (_, b, _) -> b;
      case "cas" -> (old, b, c) -> old == b ? c : old;
      case "and" -> (old, b, _) -> old & b;
      case "or" -> (old, b, _) -> old | b;
      case "xor" -> (old, b, _) -> old ^ b;
      case "inc" -> (old, b, _) -> old >= b ? 0 : old + 1;
      case "dec" -> (old, b, _) -> old == 0 || old > b ? b : old - 1;
      case "min" ->
          (old, b, _) -> IntegerOps.less(extend(old, type), extend(b, type), signed) ? old : b;
      case "max" ->
          (old, b, _) -> IntegerOps.less(extend(old, type), extend(b, type), signed) ? b : old;
      default -> throw new IllegalArgumentException("%s is not simulated".formatted(op.name()));
    };
  }

  private static long extend(long bits, PtxType type) {
    if (type.isFloat()) {
      throw new IllegalArgumentException("an atomic minimum of floats is not simulated");
    }
    return IntegerOps.extend(bits, type);
  }

  private static Change sum(PtxType type) {
    return switch (type) {
      case F32 ->
          (old, b, _) -> {
            float sum = Float.intBitsToFloat((int) old) + Float.intBitsToFloat((int) b);
            return FloatOps.bits(sum);
          };
      case F64 ->
          (old, b, _) ->
              Double.doubleToRawLongBits(Double.longBitsToDouble(old) + Double.longBitsToDouble(b));
      case F16 -> (old, b, _) -> half(old, b);
      case F16X2 ->
          (old, b, _) -> half(old >>> 16, b >>> 16) << 16 | half(old & 0xffff, b & 0xffff);
      case BF16, BF16X2 -> throw new IllegalArgumentException("atomics of BF16 are not simulated");
      default -> (old, b, _) -> old + b;
    };
  }

  private static long half(long a, long b) {
    return Half.of((double) Half.toFloat(a) + Half.toFloat(b));
  }
}
