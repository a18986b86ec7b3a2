package dev.multibox.backend.cuda.sim.instruction;

import dev.multibox.backend.cuda.sim.ptx.Operand;
import dev.multibox.backend.cuda.sim.ptx.PtxInstruction;
import dev.multibox.backend.cuda.sim.ptx.PtxType;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Comparisons, and choices by them. */
final class CompareOps {
  /** A comparison of the bits of two lanes. */
  @FunctionalInterface
  private interface Test {
    boolean holds(long a, long b);
  }

  private static final int UNORDERED = 2;

  private CompareOps() {}

  /** The operation of an instruction of this family, or null. */
  static @Nullable Operation decode(PtxInstruction i, Opcode op, Operands o) {
    return switch (op.name()) {
      case "setp" -> setp(i, op, o);
      case "set" -> set(i, op, o);
      case "selp" -> selp(i, op, o);
      case "slct" -> slct(i, op, o);
      case "testp" -> testp(i, op, o);
      default -> null;
    };
  }

  /** Whether a comparison holds, from the order of its operands: -1, 0, 1, or 2 for unordered. */
  static boolean holds(String comparison, int order) {
    return switch (comparison) {
      case "eq" -> order == 0;
      case "ne" -> order == -1 || order == 1;
      case "lt", "lo" -> order == -1;
      case "le", "ls" -> order == -1 || order == 0;
      case "gt", "hi" -> order == 1;
      case "ge", "hs" -> order == 1 || order == 0;
      case "equ" -> order == 0 || order == UNORDERED;
      case "neu" -> order != 0;
      case "ltu" -> order == -1 || order == UNORDERED;
      case "leu" -> order != 1;
      case "gtu" -> order == 1 || order == UNORDERED;
      case "geu" -> order != -1;
      case "num" -> order != UNORDERED;
      case "nan" -> order == UNORDERED;
      default ->
          throw new IllegalArgumentException(
              "comparison %s is not simulated".formatted(comparison));
    };
  }

  private static int order(double a, double b) {
    return a < b ? -1 : a > b ? 1 : a == b ? 0 : UNORDERED;
  }

  private static Test test(Opcode op, PtxType type) {
    String comparison = op.modifiers().getFirst();
    boolean flush = op.has("ftz");
    // An unsigned comparison may be asked for by name: lo, ls, hi, hs.
    boolean byName = List.of("lo", "ls", "hi", "hs").contains(comparison);
    return switch (type) {
      case F32 -> (a, b) -> holds(comparison, order(floatOf(a, flush), floatOf(b, flush)));
      case F64 ->
          (a, b) ->
              holds(comparison, order(Double.longBitsToDouble(a), Double.longBitsToDouble(b)));
      case F16 -> (a, b) -> holds(comparison, order(Half.toFloat(a), Half.toFloat(b)));
      default ->
          (a, b) -> {
            long x = IntegerOps.extend(a, type);
            long y = IntegerOps.extend(b, type);
            boolean signed = type.isSigned() && !byName;
            return holds(
                comparison,
                Integer.signum(signed ? Long.compare(x, y) : Long.compareUnsigned(x, y)));
          };
    };
  }

  private static float floatOf(long bits, boolean flush) {
    float value = Float.intBitsToFloat((int) bits);
    return flush ? FloatOps.flushed(value) : value;
  }

  /** {@code p}, or {@code p|q} where q is the negation; combined with another predicate or not. */
  private static Operation setp(PtxInstruction i, Opcode op, Operands o) {
    PtxType type = op.type();
    if (type == PtxType.F16X2) {
      return setpPair(i, op, o);
    }
    Operand target = i.operand(0);
    boolean both = target instanceof Operand.Pair;
    Operand first = target instanceof Operand.Pair pair ? pair.first() : target;
    int p = o.predicateTarget(first);
    int q = target instanceof Operand.Pair pair ? o.predicateTarget(pair.second()) : p;
    Bits compare = compare(i, op, o, type);
    if (!both && i.operands().size() == 3) {
      return (w, mask) -> w.setPredicate(p, compare.of(w, mask), mask);
    }
    String combine = op.oneOf("and", "and", "or", "xor");
    Operands.Predicate other =
        i.operands().size() > 3
            ? o.predicate(i.operand(3))
            : new Operands.Predicate(o.rows().truth(), false);
    return (w, mask) -> {
      int held = compare.of(w, mask);
      int with = other.of(w);
      w.setPredicate(p, combined(combine, held, with), mask);
      if (both) {
        w.setPredicate(q, combined(combine, ~held, with), mask);
      }
    };
  }

  private static int combined(String combine, int a, int b) {
    return switch (combine) {
      case "or" -> a | b;
      case "xor" -> a ^ b;
      default -> a & b;
    };
  }

  /** Compares both halves, one predicate each. */
  private static Operation setpPair(PtxInstruction i, Opcode op, Operands o) {
    if (!(i.operand(0) instanceof Operand.Pair pair) || i.operands().size() > 3) {
      throw Operands.unexpected(i.operand(0));
    }
    int p = o.predicateTarget(pair.first());
    int q = o.predicateTarget(pair.second());
    int a = o.source(i, 1, PtxType.F16X2);
    int b = o.source(i, 2, PtxType.F16X2);
    Test test = test(op, PtxType.F16);
    return (w, mask) -> {
      int low = 0;
      int high = 0;
      for (int m = mask; m != 0; m &= m - 1) {
        int lane = Integer.numberOfTrailingZeros(m);
        int x = w.ints[a][lane];
        int y = w.ints[b][lane];
        low |= test.holds(x & 0xffff, y & 0xffff) ? 1 << lane : 0;
        high |= test.holds(x >>> 16, y >>> 16) ? 1 << lane : 0;
      }
      w.setPredicate(p, low, mask);
      w.setPredicate(q, high, mask);
    };
  }

  /** The lanes where something holds. */
  @FunctionalInterface
  private interface Bits {
    int of(Warp w, int mask);
  }

  private static Bits compare(PtxInstruction i, Opcode op, Operands o, PtxType type) {
    int a = o.source(i, 1, type);
    int b = o.source(i, 2, type);
    if (type.isWide()) {
      RowOps.LongTest rows = CompareLoops.longs(op, type);
      if (rows != null) {
        return (w, _) -> rows.run(w.longs[a], w.longs[b]);
      }
    } else if (type.bits() == 32 && !op.has("ftz")) {
      RowOps.IntTest rows = CompareLoops.ints(op, type);
      if (rows != null) {
        return (w, _) -> rows.run(w.ints[a], w.ints[b]);
      }
    }
    Test test = test(op, type);
    boolean wide = type.isWide();
    return (w, mask) -> {
      int held = 0;
      for (int m = mask; m != 0; m &= m - 1) {
        int lane = Integer.numberOfTrailingZeros(m);
        long x = wide ? w.longs[a][lane] : w.ints[a][lane] & 0xffff_ffffL;
        long y = wide ? w.longs[b][lane] : w.ints[b][lane] & 0xffff_ffffL;
        held |= test.holds(x, y) ? 1 << lane : 0;
      }
      return held;
    };
  }

  /** A comparison that gives all ones, or 1.0 for a result in floating point. */
  private static Operation set(PtxInstruction i, Opcode op, Operands o) {
    PtxType to = op.type(0);
    PtxType from = op.type(1);
    if (i.operands().size() > 3) {
      throw new IllegalArgumentException("set with a third operand is not simulated");
    }
    if (from == PtxType.F16X2) {
      Test test = test(op, PtxType.F16);
      long yes = to == PtxType.F16X2 ? 0x3c00 : 0xffff;
      return LaneOps.of(
          i,
          o,
          to,
          (a, b, _, _) ->
              (test.holds(a & 0xffff, b & 0xffff) ? yes : 0)
                  | (test.holds(a >>> 16, b >>> 16) ? yes << 16 : 0),
          from,
          from);
    }
    Test test = test(op, from);
    long yes =
        switch (to) {
          case F32 -> Float.floatToRawIntBits(1f);
          case F16 -> 0x3c00;
          default -> -1L;
        };
    return LaneOps.of(i, o, to, (a, b, _, _) -> test.holds(a, b) ? yes : 0, from, from);
  }

  private static Operation selp(PtxInstruction i, Opcode op, Operands o) {
    PtxType type = op.type();
    int d = o.target(i, 0, type);
    int a = o.source(i, 1, type);
    int b = o.source(i, 2, type);
    Operands.Predicate p = o.predicate(i.operand(3));
    if (type.isWide()) {
      return (w, mask) -> {
        long[] out = w.isWhole(mask) ? w.longs[d] : w.longScratch;
        CompareLoops.select(out, w.longs[a], w.longs[b], p.of(w));
        w.takeLongs(d, mask);
      };
    }
    return (w, mask) -> {
      int[] out = w.isWhole(mask) ? w.ints[d] : w.intScratch;
      CompareLoops.select(out, w.ints[a], w.ints[b], p.of(w));
      w.takeInts(d, mask);
    };
  }

  /** The first operand where the third is not negative, else the second. */
  private static Operation slct(PtxInstruction i, Opcode op, Operands o) {
    PtxType type = op.type(0);
    boolean isFloat = op.type(1) == PtxType.F32;
    return LaneOps.of(
        i,
        o,
        type,
        (a, b, c, _) -> {
          boolean first = isFloat ? floatOf(c, op.has("ftz")) >= 0 : (int) c >= 0;
          return first ? a : b;
        },
        type,
        type,
        op.type(1));
  }

  private static Operation testp(PtxInstruction i, Opcode op, Operands o) {
    PtxType type = op.type();
    String property = op.modifiers().getFirst();
    int p = o.predicateTarget(i.operand(0));
    int a = o.source(i, 1, type);
    boolean wide = type.isWide();
    return (w, mask) -> {
      int held = 0;
      for (int m = mask; m != 0; m &= m - 1) {
        int lane = Integer.numberOfTrailingZeros(m);
        double value =
            wide
                ? Double.longBitsToDouble(w.longs[a][lane])
                : Float.intBitsToFloat(w.ints[a][lane]);
        double least = wide ? Double.MIN_NORMAL : Float.MIN_NORMAL;
        held |= hasProperty(property, value, least) ? 1 << lane : 0;
      }
      w.setPredicate(p, held, mask);
    };
  }

  private static boolean hasProperty(String property, double value, double leastNormal) {
    boolean normal = Math.abs(value) >= leastNormal && Double.isFinite(value);
    return switch (property) {
      case "finite" -> Double.isFinite(value);
      case "infinite" -> Double.isInfinite(value);
      case "number" -> !Double.isNaN(value);
      case "notanumber" -> Double.isNaN(value);
      case "normal" -> normal;
      case "subnormal" -> Double.isFinite(value) && !normal;
      default ->
          throw new IllegalArgumentException("testp.%s is not simulated".formatted(property));
    };
  }
}
