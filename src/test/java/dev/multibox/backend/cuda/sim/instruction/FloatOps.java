package dev.multibox.backend.cuda.sim.instruction;

import dev.multibox.backend.cuda.sim.ptx.PtxInstruction;
import dev.multibox.backend.cuda.sim.ptx.PtxType;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Arithmetic on F32. Results that are no number are the canonical NaN; subnormal numbers are kept
 * unless {@code .ftz} is given. Approximate functions are computed in double and rounded, well
 * within the error that PTX allows.
 */
final class FloatOps {
  static final int NAN_BITS = 0x7fff_ffff;

  private FloatOps() {}

  /** The operation of an instruction of this family, or null. */
  static @Nullable Operation decode(PtxInstruction i, Opcode op, Operands o) {
    boolean plain =
        !op.has("ftz") && !op.has("sat") && Rounding.of(op) == Rounding.NEAREST && !op.has("relu");
    RowOps.Ints loop = plain ? loop(op) : null;
    if (loop != null) {
      return rows(i, o, loop);
    }
    return switch (op.name()) {
      case "neg" -> bits(i, o, a -> a ^ 0x8000_0000L);
      case "abs" -> bits(i, o, a -> a & 0x7fff_ffffL);
      case "copysign" ->
          LaneOps.binary(i, o, PtxType.F32, (sign, a) -> Bits.select(0x8000_0000L, sign, a));
      case "testp" -> null;
      default -> function(i, op, o);
    };
  }

  private static Operation rows(PtxInstruction i, Operands o, RowOps.Ints loop) {
    PtxType type = PtxType.F32;
    int count = i.operands().size();
    int a = o.source(i, 1, type);
    int b = count > 2 ? o.source(i, 2, type) : a;
    int c = count > 3 ? o.source(i, 3, type) : a;
    return RowOps.ints(loop, o.target(i, 0, type), a, b, c);
  }

  private static RowOps.@Nullable Ints loop(Opcode op) {
    return switch (op.name()) {
      case "add" ->
          (d, a, b, _) -> {
            for (int l = 0; l < Warp.LANES; l++) {
              d[l] = bits(value(a[l]) + value(b[l]));
            }
          };
      case "sub" ->
          (d, a, b, _) -> {
            for (int l = 0; l < Warp.LANES; l++) {
              d[l] = bits(value(a[l]) - value(b[l]));
            }
          };
      case "mul" ->
          (d, a, b, _) -> {
            for (int l = 0; l < Warp.LANES; l++) {
              d[l] = bits(value(a[l]) * value(b[l]));
            }
          };
      case "fma", "mad" ->
          (d, a, b, c) -> {
            for (int l = 0; l < Warp.LANES; l++) {
              d[l] = bits(Math.fma(value(a[l]), value(b[l]), value(c[l])));
            }
          };
      case "div" ->
          (d, a, b, _) -> {
            for (int l = 0; l < Warp.LANES; l++) {
              d[l] = bits(value(a[l]) / value(b[l]));
            }
          };
      case "min" -> op.has("NaN") ? null : MIN;
      case "max" -> op.has("NaN") ? null : MAX;
      default -> null;
    };
  }

  private static final RowOps.Ints MIN =
      (d, a, b, _) -> {
        for (int l = 0; l < Warp.LANES; l++) {
          d[l] = bits(min(value(a[l]), value(b[l])));
        }
      };

  private static final RowOps.Ints MAX =
      (d, a, b, _) -> {
        for (int l = 0; l < Warp.LANES; l++) {
          d[l] = bits(max(value(a[l]), value(b[l])));
        }
      };

  private static float value(int bits) {
    return Float.intBitsToFloat(bits);
  }

  /** The bits of a result. */
  static int bits(float value) {
    return Float.isNaN(value) ? NAN_BITS : Float.floatToRawIntBits(value);
  }

  /** The lesser number; a number wins over what is none. */
  static float min(float a, float b) {
    return Float.isNaN(a) ? b : Float.isNaN(b) ? a : Math.min(a, b);
  }

  /** The greater number; a number wins over what is none. */
  static float max(float a, float b) {
    return Float.isNaN(a) ? b : Float.isNaN(b) ? a : Math.max(a, b);
  }

  private static Operation bits(PtxInstruction i, Operands o, LaneOps.Unary f) {
    return LaneOps.unary(i, o, PtxType.F32, PtxType.F32, f);
  }

  /** A function of floats. */
  @FunctionalInterface
  private interface Function {
    float apply(float a, float b, float c);
  }

  private static @Nullable Operation function(PtxInstruction i, Opcode op, Operands o) {
    Rounding r = Rounding.of(op);
    return switch (op.name()) {
      case "add" -> of(i, op, o, 2, (a, b, _) -> r.add(a, b));
      case "sub" -> of(i, op, o, 2, (a, b, _) -> r.add(a, -b));
      case "mul" -> of(i, op, o, 2, (a, b, _) -> r.multiply(a, b));
      case "fma", "mad" -> of(i, op, o, 3, r::fma);
      case "div" -> of(i, op, o, 2, (a, b, _) -> r.divide(a, b));
      case "rcp" -> of(i, op, o, 1, (a, _, _) -> r.divide(1f, a));
      case "sqrt" -> of(i, op, o, 1, (a, _, _) -> r.sqrt(a));
      case "min" -> of(i, op, o, 2, (a, b, _) -> op.has("NaN") ? Math.min(a, b) : min(a, b));
      case "max" -> of(i, op, o, 2, (a, b, _) -> op.has("NaN") ? Math.max(a, b) : max(a, b));
      default -> approximate(i, op, o);
    };
  }

  private static @Nullable Operation approximate(PtxInstruction i, Opcode op, Operands o) {
    return switch (op.name()) {
      case "rsqrt" -> of(i, op, o, 1, (a, _, _) -> (float) (1 / Math.sqrt(a)));
      case "sin" -> of(i, op, o, 1, (a, _, _) -> (float) Math.sin(a));
      case "cos" -> of(i, op, o, 1, (a, _, _) -> (float) Math.cos(a));
      case "lg2" -> of(i, op, o, 1, (a, _, _) -> (float) (Math.log(a) / Math.log(2)));
      case "ex2" -> of(i, op, o, 1, (a, _, _) -> (float) Math.pow(2, a));
      case "tanh" -> of(i, op, o, 1, (a, _, _) -> (float) Math.tanh(a));
      default -> null;
    };
  }

  private static Operation of(PtxInstruction i, Opcode op, Operands o, int count, Function f) {
    boolean flush = op.has("ftz");
    boolean saturate = op.has("sat");
    PtxType[] from = new PtxType[count];
    Arrays.fill(from, PtxType.F32);
    return LaneOps.of(
        i,
        o,
        PtxType.F32,
        (a, b, c, _) -> {
          float result = f.apply(input(a, flush), input(b, flush), input(c, flush));
          result = flush ? flushed(result) : result;
          return bits(saturate ? saturated(result) : result);
        },
        from);
  }

  private static float input(long bits, boolean flush) {
    float value = Float.intBitsToFloat((int) bits);
    return flush ? flushed(value) : value;
  }

  /** Zero of the same sign for a subnormal number. */
  static float flushed(float value) {
    return Math.abs(value) < Float.MIN_NORMAL ? Math.copySign(0f, value) : value;
  }

  /** Between 0 and 1; 0 for what is no number. */
  static float saturated(float value) {
    return value > 0 ? Math.min(value, 1f) : 0f;
  }
}
