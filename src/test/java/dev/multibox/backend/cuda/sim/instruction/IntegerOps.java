package dev.multibox.backend.cuda.sim.instruction;

import dev.multibox.backend.cuda.sim.ptx.PtxInstruction;
import dev.multibox.backend.cuda.sim.ptx.PtxType;
import org.jspecify.annotations.Nullable;

/** Integer arithmetic. Division by zero gives all ones, as GPUs do. */
final class IntegerOps {
  private IntegerOps() {}

  /** The operation of an instruction of this family, or null. */
  static @Nullable Operation decode(PtxInstruction i, Opcode op, Operands o) {
    if (op.has("cc") || isCarried(op.name())) {
      return CarryOps.decode(i, op, o);
    }
    PtxType type = op.type();
    if (op.has("wide")) {
      return wide(i, op, o);
    }
    if (type.isWide()) {
      return wideRegisters(i, op, o);
    }
    if (type.bits() == 32 && !op.has("sat") && !op.has("hi")) {
      RowOps.Ints loop = loop(op, type);
      if (loop != null) {
        return rows(i, o, type, loop);
      }
    }
    return narrow(i, op, o);
  }

  private static boolean isCarried(String name) {
    return name.equals("addc") || name.equals("subc") || name.equals("madc");
  }

  private static Operation rows(PtxInstruction i, Operands o, PtxType type, RowOps.Ints loop) {
    int count = i.operands().size();
    int a = o.source(i, 1, type);
    int b = count > 2 ? o.source(i, 2, type) : a;
    int c = count > 3 ? o.source(i, 3, type) : a;
    return RowOps.ints(loop, o.target(i, 0, type), a, b, c);
  }

  private static RowOps.@Nullable Ints loop(Opcode op, PtxType type) {
    return switch (op.name()) {
      case "add" ->
          (d, a, b, _) -> {
            for (int l = 0; l < Warp.LANES; l++) {
              d[l] = a[l] + b[l];
            }
          };
      case "sub" ->
          (d, a, b, _) -> {
            for (int l = 0; l < Warp.LANES; l++) {
              d[l] = a[l] - b[l];
            }
          };
      case "mul" ->
          (d, a, b, _) -> {
            for (int l = 0; l < Warp.LANES; l++) {
              d[l] = a[l] * b[l];
            }
          };
      case "mad" ->
          (d, a, b, c) -> {
            for (int l = 0; l < Warp.LANES; l++) {
              d[l] = a[l] * b[l] + c[l];
            }
          };
      case "neg" ->
          (d, a, _, _) -> {
            for (int l = 0; l < Warp.LANES; l++) {
              d[l] = -a[l];
            }
          };
      case "min" -> type.isSigned() ? MIN : null;
      case "max" -> type.isSigned() ? MAX : null;
      default -> null;
    };
  }

  private static final RowOps.Ints MIN =
      (d, a, b, _) -> {
        for (int l = 0; l < Warp.LANES; l++) {
          d[l] = Math.min(a[l], b[l]);
        }
      };

  private static final RowOps.Ints MAX =
      (d, a, b, _) -> {
        for (int l = 0; l < Warp.LANES; l++) {
          d[l] = Math.max(a[l], b[l]);
        }
      };

  /** Registers of 16 and 32 bits, by way of 64. */
  private static @Nullable Operation narrow(PtxInstruction i, Opcode op, Operands o) {
    PtxType type = op.type();
    int bits = type.bits();
    return switch (op.name()) {
      case "add" -> binary(i, o, type, (a, b) -> saturate(op, bits, a + b));
      case "sub" -> binary(i, o, type, (a, b) -> saturate(op, bits, a - b));
      case "mul" -> binary(i, o, type, (a, b) -> op.has("hi") ? (a * b) >> bits : a * b);
      case "mad" -> mad(i, op, o);
      case "mul24" -> binary24(i, op, o);
      case "mad24" -> ternary24(i, op, o);
      case "div" -> binary(i, o, type, (a, b) -> b == 0 ? -1 : a / b);
      case "rem" -> binary(i, o, type, (a, b) -> b == 0 ? a : a % b);
      case "neg" -> unary(i, o, type, a -> -a);
      case "abs" -> unary(i, o, type, Math::abs);
      case "min" -> binary(i, o, type, Math::min);
      case "max" -> binary(i, o, type, (a, b) -> relu(op, Math.max(a, b)));
      case "sad" -> sad(i, o, type);
      case "dp4a" -> DotOps.dp4a(i, op, o);
      case "dp2a" -> DotOps.dp2a(i, op, o);
      default -> null;
    };
  }

  private static long relu(Opcode op, long value) {
    return op.has("relu") ? Math.max(value, 0) : value;
  }

  private static long saturate(Opcode op, int bits, long value) {
    if (!op.has("sat")) {
      return value;
    }
    long most = (1L << (bits - 1)) - 1;
    return Math.clamp(value, -most - 1, most);
  }

  private static Operation mad(PtxInstruction i, Opcode op, Operands o) {
    PtxType type = op.type();
    int bits = type.bits();
    boolean high = op.has("hi");
    return LaneOps.ternary(
        i,
        o,
        type,
        (a, b, c) -> {
          long product = extend(a, type) * extend(b, type);
          long sum = (high ? product >> bits : product) + extend(c, type);
          return saturate(op, bits, sum);
        });
  }

  private static Operation binary24(PtxInstruction i, Opcode op, Operands o) {
    return LaneOps.binary(i, o, op.type(), (a, b) -> product24(op, a, b));
  }

  private static Operation ternary24(PtxInstruction i, Opcode op, Operands o) {
    PtxType type = op.type();
    return LaneOps.ternary(
        i,
        o,
        type,
        (a, b, c) -> saturate(op, type.bits(), (int) product24(op, a, b) + extend(c, type)));
  }

  /** The low or high 32 bits of the 48-bit product of 24-bit numbers. */
  private static long product24(Opcode op, long a, long b) {
    boolean signed = op.type().isSigned();
    long x = signed ? a << 40 >> 40 : a & 0xff_ffff;
    long y = signed ? b << 40 >> 40 : b & 0xff_ffff;
    return op.has("hi") ? (x * y) >> 16 : x * y;
  }

  private static Operation sad(PtxInstruction i, Operands o, PtxType type) {
    return LaneOps.ternary(
        i, o, type, (a, b, c) -> c + Math.abs(extend(a, type) - extend(b, type)));
  }

  /** The value of the low bits of {@code bits}, as the type has it. */
  static long extend(long bits, PtxType type) {
    int unused = Long.SIZE - type.bits();
    return type.isSigned() ? bits << unused >> unused : bits << unused >>> unused;
  }

  private static Operation unary(PtxInstruction i, Operands o, PtxType type, LaneOps.Unary f) {
    return LaneOps.unary(i, o, type, type, a -> f.apply(extend(a, type)));
  }

  private static Operation binary(PtxInstruction i, Operands o, PtxType type, LaneOps.Binary f) {
    return LaneOps.binary(i, o, type, (a, b) -> f.apply(extend(a, type), extend(b, type)));
  }

  /** {@code mul.wide} and {@code mad.wide}. */
  private static Operation wide(PtxInstruction i, Opcode op, Operands o) {
    PtxType type = op.type();
    boolean sum = op.name().equals("mad");
    if (type.bits() == 16) {
      return wide16(i, o, type, sum);
    }
    int a = o.source(i, 1, type);
    int b = o.source(i, 2, type);
    int c = sum ? o.source(i, 3, PtxType.B64) : o.rows().constant(0L);
    RowOps.Wides loop = type.isSigned() ? WIDE_SIGNED : WIDE_UNSIGNED;
    return RowOps.wides(loop, o.target(i, 0, PtxType.B64), a, b, c);
  }

  private static Operation wide16(PtxInstruction i, Operands o, PtxType type, boolean sum) {
    PtxType[] from = sum ? new PtxType[] {type, type, PtxType.B32} : new PtxType[] {type, type};
    return LaneOps.of(
        i, o, PtxType.B32, (a, b, c, _) -> extend(a, type) * extend(b, type) + c, from);
  }

  private static final RowOps.Wides WIDE_SIGNED =
      (d, a, b, c) -> {
        for (int l = 0; l < Warp.LANES; l++) {
          d[l] = (long) a[l] * b[l] + c[l];
        }
      };

  private static final RowOps.Wides WIDE_UNSIGNED =
      (d, a, b, c) -> {
        for (int l = 0; l < Warp.LANES; l++) {
          d[l] = (a[l] & 0xffff_ffffL) * (b[l] & 0xffff_ffffL) + c[l];
        }
      };

  /** Registers of 64 bits. */
  private static @Nullable Operation wideRegisters(PtxInstruction i, Opcode op, Operands o) {
    PtxType type = op.type();
    boolean signed = type.isSigned();
    return switch (op.name()) {
      case "add" -> longs(i, o, type, ADD);
      case "sub" -> longs(i, o, type, SUBTRACT);
      case "mul" ->
          !op.has("hi")
              ? longs(i, o, type, MULTIPLY)
              : LaneOps.binary(
                  i, o, type, signed ? Math::multiplyHigh : Math::unsignedMultiplyHigh);
      case "mad" -> LaneOps.ternary(i, o, type, (a, b, c) -> high(op, a, b) + c);
      case "div" -> LaneOps.binary(i, o, type, (a, b) -> divide(a, b, signed));
      case "rem" -> LaneOps.binary(i, o, type, (a, b) -> remainder(a, b, signed));
      case "neg" -> LaneOps.unary(i, o, type, type, a -> -a);
      case "abs" -> LaneOps.unary(i, o, type, type, Math::abs);
      case "min" -> LaneOps.binary(i, o, type, (a, b) -> less(a, b, signed) ? a : b);
      case "max" -> LaneOps.binary(i, o, type, (a, b) -> less(a, b, signed) ? b : a);
      case "sad" ->
          LaneOps.ternary(i, o, type, (a, b, c) -> c + (less(a, b, signed) ? b - a : a - b));
      default -> null;
    };
  }

  private static long high(Opcode op, long a, long b) {
    if (!op.has("hi")) {
      return a * b;
    }
    return op.type().isSigned() ? Math.multiplyHigh(a, b) : Math.unsignedMultiplyHigh(a, b);
  }

  static boolean less(long a, long b, boolean signed) {
    return signed ? a < b : Long.compareUnsigned(a, b) < 0;
  }

  private static long divide(long a, long b, boolean signed) {
    return b == 0 ? -1 : signed ? a / b : Long.divideUnsigned(a, b);
  }

  private static long remainder(long a, long b, boolean signed) {
    return b == 0 ? a : signed ? a % b : Long.remainderUnsigned(a, b);
  }

  private static Operation longs(PtxInstruction i, Operands o, PtxType type, RowOps.Longs loop) {
    int a = o.source(i, 1, type);
    int b = o.source(i, 2, type);
    return RowOps.longs(loop, o.target(i, 0, type), a, b, a);
  }

  private static final RowOps.Longs ADD =
      (d, a, b, _) -> {
        for (int l = 0; l < Warp.LANES; l++) {
          d[l] = a[l] + b[l];
        }
      };

  private static final RowOps.Longs SUBTRACT =
      (d, a, b, _) -> {
        for (int l = 0; l < Warp.LANES; l++) {
          d[l] = a[l] - b[l];
        }
      };

  private static final RowOps.Longs MULTIPLY =
      (d, a, b, _) -> {
        for (int l = 0; l < Warp.LANES; l++) {
          d[l] = a[l] * b[l];
        }
      };
}
