package dev.multibox.backend.cuda.sim.instruction;

import dev.multibox.backend.cuda.sim.ptx.PtxInstruction;
import dev.multibox.backend.cuda.sim.ptx.PtxType;

/** Arithmetic with the carry flag: {@code add.cc}, {@code addc}, {@code mad.hi.cc} and so on. */
final class CarryOps {
  private CarryOps() {}

  static Operation decode(PtxInstruction i, Opcode op, Operands o) {
    boolean reads = op.name().endsWith("c");
    boolean writes = op.has("cc");
    String what = reads ? op.name().substring(0, op.name().length() - 1) : op.name();
    boolean wide = op.type().isWide();
    PtxType type = op.type();
    int d = o.target(i, 0, type);
    int a = o.source(i, 1, type);
    int b = o.source(i, 2, type);
    int c = what.equals("mad") ? o.source(i, 3, type) : 0;
    return (w, mask) -> {
      for (int m = mask; m != 0; m &= m - 1) {
        int lane = Integer.numberOfTrailingZeros(m);
        long x = value(w, wide, a, lane);
        long y = value(w, wide, b, lane);
        if (what.equals("mad")) {
          x = product(op, x, y);
          y = value(w, wide, c, lane);
        }
        int carry = reads ? w.carry >>> lane & 1 : 0;
        boolean subtract = what.equals("sub");
        long result = subtract ? x - y - carry : x + y + carry;
        if (writes) {
          boolean out = subtract ? borrows(x, y, carry) : carries(wide, x, y, carry);
          w.carry = Bits.select(1 << lane, out ? -1 : 0, w.carry);
        }
        set(w, wide, d, lane, result);
      }
    };
  }

  /** The half of the product that is wanted. */
  private static long product(Opcode op, long x, long y) {
    PtxType type = op.type();
    if (type.isWide()) {
      boolean signed = type.isSigned();
      return !op.has("hi")
          ? x * y
          : signed ? Math.multiplyHigh(x, y) : Math.unsignedMultiplyHigh(x, y);
    }
    long product = IntegerOps.extend(x, type) * IntegerOps.extend(y, type);
    return (op.has("hi") ? product >>> 32 : product) & 0xffff_ffffL;
  }

  private static boolean carries(boolean wide, long x, long y, int carry) {
    if (!wide) {
      return (x + y + carry) >>> 32 != 0;
    }
    long sum = x + y;
    return Long.compareUnsigned(sum, x) < 0 || (carry == 1 && sum == -1);
  }

  private static boolean borrows(long x, long y, int borrow) {
    int order = Long.compareUnsigned(x, y);
    return order < 0 || (order == 0 && borrow == 1);
  }

  private static long value(Warp w, boolean wide, int row, int lane) {
    return wide ? w.longs[row][lane] : w.ints[row][lane] & 0xffff_ffffL;
  }

  private static void set(Warp w, boolean wide, int row, int lane, long value) {
    if (wide) {
      w.longs[row][lane] = value;
    } else {
      w.ints[row][lane] = (int) value;
    }
  }
}
