package dev.multibox.backend.cuda.sim.instruction;

import dev.multibox.backend.cuda.sim.ptx.Operand;
import dev.multibox.backend.cuda.sim.ptx.PtxInstruction;
import dev.multibox.backend.cuda.sim.ptx.PtxType;
import org.jspecify.annotations.Nullable;

/**
 * Conversions. Registers may be wider than the types say: a source is read in its low bits, a
 * result is extended.
 */
final class ConvertOps {
  private ConvertOps() {}

  /** The operation of an instruction of this family, or null. */
  static @Nullable Operation decode(PtxInstruction i, Opcode op, Operands o) {
    if (op.typeCount() != 2 || op.has("pack") || i.operands().size() != 2) {
      return null;
    }
    PtxType to = op.type(0);
    PtxType from = op.type(1);
    Operation rows = rows(i, op, o, to, from);
    if (rows != null) {
      return rows;
    }
    LaneOps.Unary f = function(op, to, from);
    return f == null
        ? null
        : LaneOps.unary(i, o, registerType(i, 0, to), registerType(i, 1, from), f);
  }

  /** The type of an operand's register, if it is one: only its width counts. */
  private static PtxType registerType(PtxInstruction i, int index, PtxType otherwise) {
    return i.operand(index) instanceof Operand.Reg reg ? reg.register().type() : otherwise;
  }

  /** The frequent conversions, as loops. */
  private static @Nullable Operation rows(
      PtxInstruction i, Opcode op, Operands o, PtxType to, PtxType from) {
    boolean exactRegisters =
        registerType(i, 0, to).bits() == to.bits()
            && registerType(i, 1, from).bits() == from.bits();
    if (!exactRegisters || op.has("sat") || op.has("ftz")) {
      return null;
    }
    if (to.isInteger() && from.isInteger() && to.isWide() && from.bits() == 32) {
      RowOps.Widens loop = from.isSigned() ? SIGN_EXTEND : ZERO_EXTEND;
      return RowOps.widens(loop, o.target(i, 0, to), o.source(i, 1, from));
    }
    if (to.isInteger() && from.isInteger() && to.bits() == 32 && from.isWide()) {
      return RowOps.narrows(TRUNCATE, o.target(i, 0, to), o.source(i, 1, from));
    }
    RowOps.Ints loop = ints(op, to, from);
    if (loop == null) {
      return null;
    }
    int a = o.source(i, 1, from);
    return RowOps.ints(loop, o.target(i, 0, to), a, a, a);
  }

  private static RowOps.@Nullable Ints ints(Opcode op, PtxType to, PtxType from) {
    if (to == PtxType.F32 && from == PtxType.S32 && op.has("rn")) {
      return FROM_SIGNED;
    }
    if (to == PtxType.S32 && from == PtxType.F32 && op.has("rzi")) {
      return TO_SIGNED;
    }
    if (to == PtxType.F32 && from == PtxType.F16) {
      return FROM_HALF;
    }
    return to == PtxType.F16 && from == PtxType.F32 && op.has("rn") ? TO_HALF : null;
  }

  private static final RowOps.Widens SIGN_EXTEND =
      (d, a) -> {
        for (int l = 0; l < Warp.LANES; l++) {
          d[l] = a[l];
        }
      };

  private static final RowOps.Widens ZERO_EXTEND =
      (d, a) -> {
        for (int l = 0; l < Warp.LANES; l++) {
          d[l] = a[l] & 0xffff_ffffL;
        }
      };

  private static final RowOps.Narrows TRUNCATE =
      (d, a) -> {
        for (int l = 0; l < Warp.LANES; l++) {
          d[l] = (int) a[l];
        }
      };

  private static final RowOps.Ints FROM_SIGNED =
      (d, a, _, _) -> {
        for (int l = 0; l < Warp.LANES; l++) {
          d[l] = Float.floatToRawIntBits(a[l]);
        }
      };

  private static final RowOps.Ints TO_SIGNED =
      (d, a, _, _) -> {
        for (int l = 0; l < Warp.LANES; l++) {
          d[l] = (int) Float.intBitsToFloat(a[l]);
        }
      };

  private static final RowOps.Ints FROM_HALF =
      (d, a, _, _) -> {
        for (int l = 0; l < Warp.LANES; l++) {
          float value = Float.float16ToFloat((short) a[l]);
          d[l] = FloatOps.bits(value);
        }
      };

  private static final RowOps.Ints TO_HALF =
      (d, a, _, _) -> {
        for (int l = 0; l < Warp.LANES; l++) {
          float value = Float.intBitsToFloat(a[l]);
          d[l] = Float.isNaN(value) ? Half.NAN_BITS : Float.floatToFloat16(value) & 0xffff;
        }
      };

  private static LaneOps.@Nullable Unary function(Opcode op, PtxType to, PtxType from) {
    if (!isKnown(to) || !isKnown(from)) {
      return null;
    }
    if (!from.isFloat()) {
      return to.isFloat() ? intToFloat(op, to, from) : intToInt(op, to, from);
    }
    return to.isFloat() ? floatToFloat(op, to, from) : floatToInt(op, to, from);
  }

  private static boolean isKnown(PtxType type) {
    return type != PtxType.PRED
        && type != PtxType.F16X2
        && type != PtxType.BF16
        && type != PtxType.BF16X2;
  }

  private static LaneOps.Unary intToInt(Opcode op, PtxType to, PtxType from) {
    boolean saturate = op.has("sat");
    return a -> {
      long value = IntegerOps.extend(a, from);
      if (saturate) {
        value = clamp(value, !from.isSigned() && from.isWide() && value < 0, to);
      }
      return IntegerOps.extend(value, to);
    };
  }

  /** The nearest value that {@code to} has; {@code huge} if the value is 2^63 or more. */
  private static long clamp(long value, boolean huge, PtxType to) {
    if (to.isSigned()) {
      long most = Long.MAX_VALUE >> (64 - to.bits());
      return huge ? most : Math.clamp(value, -most - 1, most);
    }
    if (to.isWide()) {
      return huge ? value : Math.max(value, 0);
    }
    long most = (1L << to.bits()) - 1;
    return huge ? most : Math.clamp(value, 0, most);
  }

  private static LaneOps.Unary intToFloat(Opcode op, PtxType to, PtxType from) {
    Rounding r = Rounding.of(op);
    boolean unsigned = !from.isSigned();
    return a -> {
      long value = IntegerOps.extend(a, from);
      return switch (to) {
        case F32 -> Float.floatToRawIntBits(r.toFloat(value, unsigned));
        case F64 -> Double.doubleToRawLongBits(r.toDouble(value, unsigned));
        // Beyond 2^53, where a double is inexact, an F16 is infinite or the largest anyway.
        default -> Half.of(Rounding.NEAREST.toDouble(value, unsigned), r);
      };
    };
  }

  private static LaneOps.Unary floatToInt(Opcode op, PtxType to, PtxType from) {
    Rounding r = Rounding.of(op);
    boolean flush = op.has("ftz");
    return a -> {
      double value = toDouble(a, from, flush);
      return Double.isNaN(value) ? 0 : integer(r.toIntegral(value), to);
    };
  }

  /** The integer of a double without a fraction, or the nearest that {@code to} has. */
  private static long integer(double value, PtxType to) {
    if (to == PtxType.U64) {
      boolean large = value >= 0x1p63;
      return value <= 0
          ? 0
          : !large ? (long) value : value >= 0x1p64 ? -1 : (long) (value - 0x1p63) | Long.MIN_VALUE;
    }
    return IntegerOps.extend(clamp((long) value, false, to), to);
  }

  private static double toDouble(long bits, PtxType type, boolean flush) {
    return switch (type) {
      case F32 -> {
        float value = Float.intBitsToFloat((int) bits);
        yield flush ? FloatOps.flushed(value) : value;
      }
      case F64 -> Double.longBitsToDouble(bits);
      default -> Half.toFloat(bits);
    };
  }

  private static LaneOps.Unary floatToFloat(Opcode op, PtxType to, PtxType from) {
    Rounding r = Rounding.of(op);
    boolean integral = op.has("rni") || op.has("rzi") || op.has("rmi") || op.has("rpi");
    boolean flush = op.has("ftz");
    boolean saturate = op.has("sat");
    return a -> {
      double value = toDouble(a, from, flush);
      if (integral) {
        // An integral value of -0.3 is -0, as rint gives; floor and ceil agree.
        value = Math.copySign(r.toIntegral(value), value);
      }
      if (saturate) {
        value = value > 0 ? Math.min(value, 1) : 0;
      }
      return fromDouble(value, to, r, flush);
    };
  }

  private static long fromDouble(double value, PtxType to, Rounding r, boolean flush) {
    return switch (to) {
      case F32 -> {
        float narrow = r.toFloat(value, 0);
        yield FloatOps.bits(flush ? FloatOps.flushed(narrow) : narrow);
      }
      case F64 -> Double.doubleToRawLongBits(value);
      default -> Half.of(value, r);
    };
  }
}
