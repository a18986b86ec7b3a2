package dev.multibox.backend.cuda.sim.instruction;

import dev.multibox.backend.cuda.sim.ptx.PtxInstruction;
import dev.multibox.backend.cuda.sim.ptx.PtxType;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Arithmetic on F16 and on pairs of it. Everything is computed in double, where sums, products and
 * fused products of F16 that are close to a tie are exact, and rounded once.
 */
final class HalfOps {
  private static final int SIGN = 0x8000;

  private HalfOps() {}

  /** A function of F16 numbers, in double. */
  @FunctionalInterface
  private interface Function {
    double apply(double a, double b, double c);
  }

  /** The operation of an instruction of this family, or null. */
  static @Nullable Operation decode(PtxInstruction i, Opcode op, Operands o) {
    return switch (op.name()) {
      case "add" -> of(i, op, o, 2, (a, b, _) -> a + b);
      case "sub" -> of(i, op, o, 2, (a, b, _) -> a - b);
      case "mul" -> of(i, op, o, 2, (a, b, _) -> a * b);
      case "fma" -> of(i, op, o, 3, (a, b, c) -> a * b + c);
      case "min" ->
          of(i, op, o, 2, (a, b, _) -> op.has("NaN") ? Math.min(a, b) : DoubleOps.min(a, b));
      case "max" ->
          of(i, op, o, 2, (a, b, _) -> op.has("NaN") ? Math.max(a, b) : DoubleOps.max(a, b));
      case "ex2" -> of(i, op, o, 1, (a, _, _) -> Math.pow(2, a));
      case "tanh" -> of(i, op, o, 1, (a, _, _) -> Math.tanh(a));
      case "neg" -> bits(i, op, o, a -> a ^ SIGN);
      case "abs" -> bits(i, op, o, a -> a & ~SIGN);
      default -> null;
    };
  }

  private static boolean isPair(PtxType type) {
    return type == PtxType.F16X2;
  }

  private static Operation bits(PtxInstruction i, Opcode op, Operands o, LaneOps.Unary f) {
    PtxType type = op.type();
    return LaneOps.unary(
        i,
        o,
        type,
        type,
        a -> isPair(type) ? f.apply(a >>> 16) << 16 | f.apply(a & 0xffff) : f.apply(a));
  }

  private static Operation of(PtxInstruction i, Opcode op, Operands o, int count, Function f) {
    PtxType type = op.type();
    PtxType[] from = new PtxType[count];
    Arrays.fill(from, type);
    return LaneOps.of(
        i,
        o,
        type,
        (a, b, c, _) -> {
          int low = one(op, f, a, b, c);
          return isPair(type) ? (long) one(op, f, a >>> 16, b >>> 16, c >>> 16) << 16 | low : low;
        },
        from);
  }

  private static int one(Opcode op, Function f, long a, long b, long c) {
    double result = f.apply(Half.toFloat(a), Half.toFloat(b), Half.toFloat(c));
    if (op.has("sat")) {
      result = result > 0 ? Math.min(result, 1) : 0;
    }
    if (op.has("relu")) {
      result = Double.isNaN(result) ? result : Math.max(result, 0);
    }
    int bits = Half.of(result);
    boolean subnormal = (bits & 0x7c00) == 0;
    return op.has("ftz") && subnormal ? bits & SIGN : bits;
  }
}
