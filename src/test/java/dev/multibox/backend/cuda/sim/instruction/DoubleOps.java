package dev.multibox.backend.cuda.sim.instruction;

import dev.multibox.backend.cuda.sim.ptx.PtxInstruction;
import dev.multibox.backend.cuda.sim.ptx.PtxType;
import java.util.Arrays;
import java.util.function.DoubleUnaryOperator;
import org.jspecify.annotations.Nullable;

/** Arithmetic on F64. */
final class DoubleOps {
  private static final long HIGH_WORD = 0xffff_ffff_0000_0000L;

  private DoubleOps() {}

  /** The operation of an instruction of this family, or null. */
  static @Nullable Operation decode(PtxInstruction i, Opcode op, Operands o) {
    Rounding r = Rounding.of(op);
    return switch (op.name()) {
      case "add" -> r == Rounding.NEAREST ? rows(i, o, ADD) : of(i, o, 2, (a, b, _) -> r.add(a, b));
      case "sub" -> of(i, o, 2, (a, b, _) -> r.add(a, -b));
      case "mul" ->
          r == Rounding.NEAREST ? rows(i, o, MULTIPLY) : of(i, o, 2, (a, b, _) -> r.multiply(a, b));
      case "fma", "mad" -> of(i, o, 3, r::fma);
      case "div" -> of(i, o, 2, (a, b, _) -> r.divide(a, b));
      case "sqrt" -> of(i, o, 1, (a, _, _) -> r.sqrt(a));
      case "rcp" ->
          op.has("ftz") ? gross(i, o, a -> 1 / a) : of(i, o, 1, (a, _, _) -> r.divide(1.0, a));
      case "rsqrt" ->
          op.has("ftz")
              ? gross(i, o, a -> 1 / Math.sqrt(a))
              : of(i, o, 1, (a, _, _) -> 1 / Math.sqrt(a));
      case "min" -> of(i, o, 2, (a, b, _) -> min(a, b));
      case "max" -> of(i, o, 2, (a, b, _) -> max(a, b));
      case "neg" -> bits(i, o, a -> a ^ Long.MIN_VALUE);
      case "abs" -> bits(i, o, a -> a & Long.MAX_VALUE);
      case "copysign" ->
          LaneOps.binary(i, o, PtxType.F64, (sign, a) -> Bits.select(Long.MIN_VALUE, sign, a));
      default -> null;
    };
  }

  private static final RowOps.Longs ADD =
      (d, a, b, _) -> {
        for (int l = 0; l < Warp.LANES; l++) {
          d[l] = Double.doubleToRawLongBits(value(a[l]) + value(b[l]));
        }
      };

  private static final RowOps.Longs MULTIPLY =
      (d, a, b, _) -> {
        for (int l = 0; l < Warp.LANES; l++) {
          d[l] = Double.doubleToRawLongBits(value(a[l]) * value(b[l]));
        }
      };

  private static double value(long bits) {
    return Double.longBitsToDouble(bits);
  }

  private static Operation rows(PtxInstruction i, Operands o, RowOps.Longs loop) {
    int a = o.source(i, 1, PtxType.F64);
    int b = o.source(i, 2, PtxType.F64);
    return RowOps.longs(loop, o.target(i, 0, PtxType.F64), a, b, a);
  }

  static double min(double a, double b) {
    return Double.isNaN(a) ? b : Double.isNaN(b) ? a : Math.min(a, b);
  }

  static double max(double a, double b) {
    return Double.isNaN(a) ? b : Double.isNaN(b) ? a : Math.max(a, b);
  }

  /** A function of doubles. */
  @FunctionalInterface
  private interface Function {
    double apply(double a, double b, double c);
  }

  private static Operation of(PtxInstruction i, Operands o, int count, Function f) {
    PtxType[] from = new PtxType[count];
    Arrays.fill(from, PtxType.F64);
    return LaneOps.of(
        i,
        o,
        PtxType.F64,
        (a, b, c, _) -> Double.doubleToRawLongBits(f.apply(value(a), value(b), value(c))),
        from);
  }

  private static Operation bits(PtxInstruction i, Operands o, LaneOps.Unary f) {
    return LaneOps.unary(i, o, PtxType.F64, PtxType.F64, f);
  }

  /** From the high word of the operand, the high word of the result; subnormal numbers are zero. */
  private static Operation gross(PtxInstruction i, Operands o, DoubleUnaryOperator f) {
    return bits(
        i,
        o,
        a -> {
          double input = flushed(value(a & HIGH_WORD));
          double result = flushed(f.applyAsDouble(input));
          return Double.doubleToRawLongBits(result) & HIGH_WORD;
        });
  }

  private static double flushed(double value) {
    return Math.abs(value) < Double.MIN_NORMAL ? Math.copySign(0.0, value) : value;
  }
}
