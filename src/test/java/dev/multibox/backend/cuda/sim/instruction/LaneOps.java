package dev.multibox.backend.cuda.sim.instruction;

import dev.multibox.backend.cuda.sim.ptx.Operand;
import dev.multibox.backend.cuda.sim.ptx.PtxInstruction;
import dev.multibox.backend.cuda.sim.ptx.PtxType;

/**
 * Operations given as a function of one lane, over registers of any width: shorter to write than a
 * loop over a row, and slower to run.
 */
final class LaneOps {
  private LaneOps() {}

  /**
   * The bits of a result from the bits of up to four operands. Operands of up to 32 bits come
   * zero-extended; of the result, as many bits are kept as its register has.
   */
  @FunctionalInterface
  interface Function {
    long apply(long a, long b, long c, long d);
  }

  @FunctionalInterface
  interface Unary {
    long apply(long a);
  }

  @FunctionalInterface
  interface Binary {
    long apply(long a, long b);
  }

  @FunctionalInterface
  interface Ternary {
    long apply(long a, long b, long c);
  }

  /** A function of operand 1. */
  static Operation unary(PtxInstruction i, Operands o, PtxType to, PtxType from, Unary f) {
    return of(i, o, to, (a, _, _, _) -> f.apply(a), from);
  }

  /** A function of operands 1 and 2. */
  static Operation binary(PtxInstruction i, Operands o, PtxType type, Binary f) {
    return of(i, o, type, (a, b, _, _) -> f.apply(a, b), type, type);
  }

  /** A function of operands 1 to 3. */
  static Operation ternary(PtxInstruction i, Operands o, PtxType type, Ternary f) {
    return of(i, o, type, (a, b, c, _) -> f.apply(a, b, c), type, type, type);
  }

  /**
   * A function of the operands from 1 on.
   *
   * @param to the type of operand 0
   * @param from the types of the others
   */
  static Operation of(PtxInstruction i, Operands o, PtxType to, Function f, PtxType... from) {
    int[] rows = new int[4];
    boolean[] wide = new boolean[4];
    for (int k = 0; k < from.length; k++) {
      rows[k] = o.source(i, k + 1, from[k]);
      wide[k] = from[k].isWide();
    }
    for (int k = from.length; k < rows.length; k++) {
      rows[k] = o.rows().constant(0);
    }
    Sources sources =
        new Sources(rows[0], rows[1], rows[2], rows[3], wide[0], wide[1], wide[2], wide[3]);
    if (to.isWide()) {
      return toLongs(f, o.target(i, 0, to), sources);
    }
    boolean halfRegister =
        i.operand(0) instanceof Operand.Reg reg && reg.register().type().bits() == 16;
    return toInts(f, o.target(i, 0, to), halfRegister ? 0xffff : -1, sources);
  }

  /** Four rows, and which of them are of 64 bits. */
  private record Sources(
      int a, int b, int c, int d, boolean wideA, boolean wideB, boolean wideC, boolean wideD) {
    long apply(Function f, Warp w, int lane) {
      return f.apply(
          value(w, a, wideA, lane),
          value(w, b, wideB, lane),
          value(w, c, wideC, lane),
          value(w, d, wideD, lane));
    }

    private static long value(Warp w, int row, boolean wide, int lane) {
      return wide ? w.longs[row][lane] : w.ints[row][lane] & 0xffff_ffffL;
    }
  }

  private static Operation toInts(Function f, int target, int keep, Sources sources) {
    return (w, mask) -> {
      int[] out = w.ints[target];
      for (int m = mask; m != 0; m &= m - 1) {
        int lane = Integer.numberOfTrailingZeros(m);
        out[lane] = (int) sources.apply(f, w, lane) & keep;
      }
    };
  }

  private static Operation toLongs(Function f, int target, Sources sources) {
    return (w, mask) -> {
      long[] out = w.longs[target];
      for (int m = mask; m != 0; m &= m - 1) {
        int lane = Integer.numberOfTrailingZeros(m);
        out[lane] = sources.apply(f, w, lane);
      }
    };
  }
}
