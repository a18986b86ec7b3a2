package dev.multibox.backend.cuda.sim.instruction;

import dev.multibox.backend.cuda.sim.ptx.PtxInstruction;
import dev.multibox.backend.cuda.sim.ptx.PtxType;

/** Dot products of packed bytes and half words, and the byte-wise video instructions. */
final class DotOps {
  private DotOps() {}

  /** Four products of bytes and a summand. */
  static Operation dp4a(PtxInstruction i, Opcode op, Operands o) {
    PtxType a = byteOf(op.type(0));
    PtxType b = byteOf(op.type(1));
    return dot(i, o, (x, y, c) -> c + products(x, a, 8, y, b, 0, 4));
  }

  /** Two products of half words and bytes, of the low or the high pair, and a summand. */
  static Operation dp2a(PtxInstruction i, Opcode op, Operands o) {
    PtxType a = op.type(0).isSigned() ? PtxType.S16 : PtxType.U16;
    PtxType b = byteOf(op.type(1));
    int first = op.has("hi") ? 2 : 0;
    return dot(i, o, (x, y, c) -> c + products(x, a, 16, y, b, first, 2));
  }

  private static Operation dot(PtxInstruction i, Operands o, LaneOps.Ternary f) {
    return LaneOps.ternary(i, o, PtxType.B32, f);
  }

  private static PtxType byteOf(PtxType word) {
    return word.isSigned() ? PtxType.S8 : PtxType.U8;
  }

  private static long products(
      long x, PtxType a, int bitsA, long y, PtxType b, int firstB, int count) {
    long sum = 0;
    for (int k = 0; k < count; k++) {
      sum +=
          IntegerOps.extend(x >>> (k * bitsA), a) * IntegerOps.extend(y >>> (8 * (firstB + k)), b);
    }
    return sum;
  }

  /**
   * {@code vadd4}, {@code vabsdiff2} and their like: the same on each byte or half word, or the sum
   * of the results and a summand.
   */
  static Operation video(PtxInstruction i, Opcode op, Operands o) {
    int parts = op.name().endsWith("4") ? 4 : 2;
    int bits = 32 / parts;
    String what = op.name().substring(1, op.name().length() - 1);
    // vset names no type of its result.
    int first = op.typeCount() - 2;
    PtxType to = first == 0 ? PtxType.U32 : part(op.type(0), parts);
    PtxType a = part(op.type(first), parts);
    PtxType b = part(op.type(first + 1), parts);
    boolean sum = op.has("add");
    boolean saturates = op.has("sat");
    return LaneOps.ternary(
        i,
        o,
        PtxType.B32,
        (x, y, c) -> {
          long all = sum ? c : 0;
          for (int k = 0; k < parts; k++) {
            long u = IntegerOps.extend(x >>> (k * bits), a);
            long v = IntegerOps.extend(y >>> (k * bits), b);
            long result = combine(what, op, u, v);
            result = saturates ? clamp(result, to) : result;
            all += sum ? result : (result & Bits.ones(bits)) << (k * bits);
          }
          return all;
        });
  }

  private static PtxType part(PtxType word, int parts) {
    if (parts == 4) {
      return byteOf(word);
    }
    return word.isSigned() ? PtxType.S16 : PtxType.U16;
  }

  private static long combine(String what, Opcode op, long u, long v) {
    return switch (what) {
      case "add" -> u + v;
      case "sub" -> u - v;
      case "avrg" -> (u + v + 1) >> 1;
      case "absdiff" -> Math.abs(u - v);
      case "min" -> Math.min(u, v);
      case "max" -> Math.max(u, v);
      case "set" -> CompareOps.holds(op.modifiers().getFirst(), Long.compare(u, v)) ? 1 : 0;
      default -> throw new IllegalArgumentException("%s is not simulated".formatted(op.name()));
    };
  }

  private static long clamp(long value, PtxType type) {
    int bits = type.bits();
    return type.isSigned()
        ? Math.clamp(value, -(1L << (bits - 1)), (1L << (bits - 1)) - 1)
        : Math.clamp(value, 0, (1L << bits) - 1);
  }
}
