package dev.multibox.backend.cuda.sim.instruction;

import dev.multibox.backend.cuda.sim.ptx.PtxInstruction;
import dev.multibox.backend.cuda.sim.ptx.PtxType;
import org.jspecify.annotations.Nullable;

/** Logic, shifts, and operations on fields of bits. */
final class BitOps {
  private BitOps() {}

  /** The operation of an instruction of this family, or null. */
  static @Nullable Operation decode(PtxInstruction i, Opcode op, Operands o) {
    PtxType type = op.type();
    if (type == PtxType.PRED) {
      return PredicateOps.decode(i, op, o);
    }
    return switch (op.name()) {
      case "and", "or", "xor", "not" -> logic(i, op, o);
      case "cnot" -> LaneOps.unary(i, o, type, type, a -> a == 0 ? 1 : 0);
      case "lop3" -> lop3(i, o);
      case "shl", "shr" -> shift(i, op, o);
      case "shf" -> funnel(i, op, o);
      default -> fields(i, op, o);
    };
  }

  private static @Nullable Operation fields(PtxInstruction i, Opcode op, Operands o) {
    PtxType type = op.type();
    int bits = type.bits();
    return switch (op.name()) {
      case "popc" -> LaneOps.unary(i, o, PtxType.B32, type, Long::bitCount);
      case "clz" ->
          LaneOps.unary(i, o, PtxType.B32, type, a -> Long.numberOfLeadingZeros(a) - 64 + bits);
      case "brev" -> LaneOps.unary(i, o, type, type, a -> Long.reverse(a) >>> (64 - bits));
      case "bfind" -> bfind(i, op, o);
      case "bfe" -> LaneOps.of(i, o, type, (a, b, c, _) -> bfe(a, b, c, type), type, B32, B32);
      case "bfi" ->
          LaneOps.of(i, o, type, (a, b, c, d) -> bfi(a, b, c, d, bits), type, type, B32, B32);
      case "bmsk" ->
          LaneOps.binary(i, o, B32, (a, b) -> op.has("wrap") ? bmsk(a & 31, b & 31) : bmsk(a, b));
      case "szext" ->
          LaneOps.of(i, o, type, (a, b, _, _) -> szext(a, b, type, op.has("wrap")), type, B32);
      case "fns" -> LaneOps.ternary(i, o, B32, BitOps::fns);
      case "prmt" -> prmt(i, op, o);
      default -> null;
    };
  }

  private static final PtxType B32 = PtxType.B32;

  private static Operation logic(PtxInstruction i, Opcode op, Operands o) {
    PtxType type = op.type();
    int d = o.target(i, 0, type);
    int a = o.source(i, 1, type);
    int b = i.operands().size() > 2 ? o.source(i, 2, type) : a;
    if (type.isWide()) {
      return RowOps.longs(longLogic(op.name()), d, a, b, a);
    }
    if (op.name().equals("not") && type.bits() == 16) {
      return LaneOps.unary(i, o, type, type, x -> ~x);
    }
    return RowOps.ints(intLogic(op.name()), d, a, b, a);
  }

  private static RowOps.Ints intLogic(String name) {
    return switch (name) {
      case "and" ->
          (d, a, b, _) -> {
            for (int l = 0; l < Warp.LANES; l++) {
              d[l] = a[l] & b[l];
            }
          };
      case "or" ->
          (d, a, b, _) -> {
            for (int l = 0; l < Warp.LANES; l++) {
              d[l] = a[l] | b[l];
            }
          };
      case "xor" ->
          (d, a, b, _) -> {
            for (int l = 0; l < Warp.LANES; l++) {
              d[l] = a[l] ^ b[l];
            }
          };
      default ->
          (d, a, _, _) -> {
            for (int l = 0; l < Warp.LANES; l++) {
              d[l] = ~a[l];
            }
          };
    };
  }

  private static RowOps.Longs longLogic(String name) {
    return switch (name) {
      case "and" ->
          (d, a, b, _) -> {
            for (int l = 0; l < Warp.LANES; l++) {
              d[l] = a[l] & b[l];
            }
          };
      case "or" ->
          (d, a, b, _) -> {
            for (int l = 0; l < Warp.LANES; l++) {
              d[l] = a[l] | b[l];
            }
          };
      case "xor" ->
          (d, a, b, _) -> {
            for (int l = 0; l < Warp.LANES; l++) {
              d[l] = a[l] ^ b[l];
            }
          };
      default ->
          (d, a, _, _) -> {
            for (int l = 0; l < Warp.LANES; l++) {
              d[l] = ~a[l];
            }
          };
    };
  }

  /** Any function of three bits, by its table. */
  private static Operation lop3(PtxInstruction i, Operands o) {
    if (Operands.isPredicate(i.operand(0)) || i.operands().size() > 5) {
      throw new IllegalArgumentException("lop3 with a predicate is not simulated");
    }
    int table = (int) Operands.immediate(i.operand(4));
    return LaneOps.ternary(
        i,
        o,
        B32,
        (a, b, c) -> {
          long result = 0;
          for (int k = 0; k < 8; k++) {
            if ((table >>> k & 1) != 0) {
              result |= ((k & 4) != 0 ? a : ~a) & ((k & 2) != 0 ? b : ~b) & ((k & 1) != 0 ? c : ~c);
            }
          }
          return result;
        });
  }

  /** Shifts by as many bits as there are, or more, leave zero or copies of the sign. */
  private static Operation shift(PtxInstruction i, Opcode op, Operands o) {
    PtxType type = op.type();
    int bits = type.bits();
    boolean left = op.name().equals("shl");
    if (bits == 16) {
      return LaneOps.of(
          i,
          o,
          type,
          (a, b, _, _) -> {
            int by = (int) Math.min(b, 16);
            return left ? a << by : IntegerOps.extend(a, type) >> by;
          },
          type,
          B32);
    }
    int d = o.target(i, 0, type);
    int a = o.source(i, 1, type);
    int b = o.source(i, 2, B32);
    if (type.isWide()) {
      return RowOps.shifts(left ? LEFT64 : type.isSigned() ? RIGHT64 : UNSIGNED64, d, a, b);
    }
    return RowOps.ints(left ? LEFT32 : type.isSigned() ? RIGHT32 : UNSIGNED32, d, a, b, a);
  }

  private static final RowOps.Ints LEFT32 =
      (d, a, b, _) -> {
        for (int l = 0; l < Warp.LANES; l++) {
          d[l] = (b[l] & ~31) == 0 ? a[l] << b[l] : 0;
        }
      };

  private static final RowOps.Ints UNSIGNED32 =
      (d, a, b, _) -> {
        for (int l = 0; l < Warp.LANES; l++) {
          d[l] = (b[l] & ~31) == 0 ? a[l] >>> b[l] : 0;
        }
      };

  private static final RowOps.Ints RIGHT32 =
      (d, a, b, _) -> {
        for (int l = 0; l < Warp.LANES; l++) {
          d[l] = a[l] >> ((b[l] & ~31) == 0 ? b[l] : 31);
        }
      };

  private static final RowOps.Shifts LEFT64 =
      (d, a, b) -> {
        for (int l = 0; l < Warp.LANES; l++) {
          d[l] = (b[l] & ~63) == 0 ? a[l] << b[l] : 0;
        }
      };

  private static final RowOps.Shifts UNSIGNED64 =
      (d, a, b) -> {
        for (int l = 0; l < Warp.LANES; l++) {
          d[l] = (b[l] & ~63) == 0 ? a[l] >>> b[l] : 0;
        }
      };

  private static final RowOps.Shifts RIGHT64 =
      (d, a, b) -> {
        for (int l = 0; l < Warp.LANES; l++) {
          d[l] = a[l] >> ((b[l] & ~63) == 0 ? b[l] : 63);
        }
      };

  /** Shifts the 64 bits of two words and keeps one of them. */
  private static Operation funnel(PtxInstruction i, Opcode op, Operands o) {
    boolean left = op.has("l");
    boolean clamp = op.has("clamp");
    return LaneOps.ternary(
        i,
        o,
        B32,
        (low, high, by) -> {
          int shift = (int) (clamp ? Math.min(by, 32) : by & 31);
          long both = high << 32 | low;
          return left ? both << shift >>> 32 : both >>> shift;
        });
  }

  private static Operation bfind(PtxInstruction i, Opcode op, Operands o) {
    PtxType type = op.type();
    int bits = type.bits();
    boolean amount = op.has("shiftamt");
    return LaneOps.unary(
        i,
        o,
        B32,
        type,
        a -> {
          long value = IntegerOps.extend(a, type);
          long sought = type.isSigned() && value < 0 ? ~value : value;
          if (sought == 0) {
            return -1;
          }
          int position = 63 - Long.numberOfLeadingZeros(sought);
          return amount ? bits - 1 - position : position;
        });
  }

  /** Extracts a field; what it would have beyond the register is zero, or copies of its sign. */
  private static long bfe(long a, long position, long length, PtxType type) {
    int bits = type.bits();
    int from = (int) position & 0xff;
    int count = (int) length & 0xff;
    long value = a & Bits.ones(bits);
    int inside = Math.clamp(bits - from, 0, count);
    long field = inside == 0 ? 0 : Bits.field(value, from, inside);
    boolean negative =
        type.isSigned() && count > 0 && (value >>> Math.min(from + count - 1, bits - 1) & 1) != 0;
    return negative && inside < 64 ? field | -1L << inside : field;
  }

  private static long bfi(long field, long into, long position, long length, int bits) {
    int from = (int) position & 0xff;
    int count = (int) length & 0xff;
    if (from >= bits || count == 0) {
      return into;
    }
    long mask = Bits.ones(Math.min(count, 64)) << from;
    return Bits.select(mask, field << from, into);
  }

  private static long bmsk(long position, long width) {
    if (position >= 32 || width == 0) {
      return 0;
    }
    long ones = width >= 32 ? 0xffff_ffffL : (1L << width) - 1;
    return ones << position & 0xffff_ffffL;
  }

  private static long szext(long a, long width, PtxType type, boolean wrap) {
    long count = wrap ? width & 31 : Math.min(width, 32);
    if (count == 0) {
      return 0;
    }
    int unused = (int) (64 - count);
    return type.isSigned() ? a << unused >> unused : a << unused >>> unused;
  }

  /** The position of the n-th set bit from {@code base} on, up or down. */
  private static long fns(long mask, long base, long offset) {
    int n = (int) offset;
    int at = (int) base;
    if (n == 0) {
      return (mask >>> at & 1) != 0 ? at : -1;
    }
    int step = n > 0 ? 1 : -1;
    for (int left = Math.abs(n); at >= 0 && at < 32; at += step) {
      if ((mask >>> at & 1) != 0 && --left == 0) {
        return at;
      }
    }
    return -1;
  }

  /** Picks four bytes out of eight. */
  private static Operation prmt(PtxInstruction i, Opcode op, Operands o) {
    String mode = op.oneOf("", "f4e", "b4e", "rc8", "ecl", "ecr", "rc16");
    return LaneOps.ternary(
        i,
        o,
        B32,
        (a, b, selector) -> {
          long both = b << 32 | a;
          long result = 0;
          for (int k = 0; k < 4; k++) {
            result |= pick(both, choice(mode, (int) selector, k)) << (8 * k);
          }
          return result;
        });
  }

  private static long pick(long both, int choice) {
    long picked = Bits.field(both, 8 * (choice & 7), 8);
    boolean sign = (choice & 8) != 0;
    return !sign ? picked : (picked & 0x80) != 0 ? 0xff : 0;
  }

  private static int choice(String mode, int selector, int k) {
    int s = selector & 3;
    return switch (mode) {
      case "f4e" -> (s + k) & 7;
      case "b4e" -> (s - k) & 7;
      case "rc8" -> s;
      case "ecl" -> Math.max(k, s);
      case "ecr" -> Math.min(k, s);
      case "rc16" -> (s & 1) * 2 + (k & 1);
      default -> (selector >>> (4 * k)) & 15;
    };
  }
}
