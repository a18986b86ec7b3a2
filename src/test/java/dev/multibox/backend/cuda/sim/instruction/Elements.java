package dev.multibox.backend.cuda.sim.instruction;

import dev.multibox.backend.cuda.sim.memory.Raw;
import dev.multibox.backend.cuda.sim.ptx.Operand;
import dev.multibox.backend.cuda.sim.ptx.PtxType;
import java.util.List;

/** The registers that an access loads or stores, one after the other in memory. */
final class Elements {
  private final int[] rows;
  private final boolean[] wide;
  private final int[] keep;
  private final int bytes;
  private final boolean signed;

  private Elements(int[] rows, boolean[] wide, int[] keep, PtxType type) {
    this.rows = rows;
    this.wide = wide;
    this.keep = keep;
    bytes = type.bytes();
    signed = type.isSigned();
  }

  /** Registers to load into, or to store from, which may be wider than what lies in memory. */
  static Elements of(Operand operand, Operands o, PtxType type, boolean load) {
    List<Operand> parts = Operands.elements(operand);
    int count = parts.size();
    int[] rows = new int[count];
    boolean[] wide = new boolean[count];
    int[] keep = new int[count];
    for (int k = 0; k < count; k++) {
      Operand part = parts.get(k);
      PtxType register = part instanceof Operand.Reg reg ? reg.register().type() : type;
      rows[k] = load ? o.target(part, register) : o.source(part, register);
      wide[k] = register.isWide();
      keep[k] = register.bits() == 16 ? 0xffff : -1;
    }
    return new Elements(rows, wide, keep, type);
  }

  int totalBytes() {
    return bytes * rows.length;
  }

  /** Loads the lanes of {@code mask} from their places in host memory. */
  void load(Warp w, int mask, long[] host) {
    for (int k = 0; k < rows.length; k++) {
      if (bytes == 4 && !wide[k]) {
        loadWords(w.ints[rows[k]], mask, host, 4L * k);
      } else {
        load(w, k, mask, host);
      }
    }
  }

  private static void loadWords(int[] row, int mask, long[] host, long offset) {
    for (int m = mask; m != 0; m &= m - 1) {
      int lane = Integer.numberOfTrailingZeros(m);
      row[lane] = Raw.getInt(host[lane] + offset);
    }
  }

  private void load(Warp w, int k, int mask, long[] host) {
    int unused = Long.SIZE - 8 * bytes;
    for (int m = mask; m != 0; m &= m - 1) {
      int lane = Integer.numberOfTrailingZeros(m);
      long value = Raw.get(host[lane] + (long) k * bytes, bytes);
      set(w, k, lane, signed ? value << unused >> unused : value);
    }
  }

  /** Loads the same value into all lanes of {@code mask}. */
  void loadUniform(Warp w, int mask, long host) {
    int unused = Long.SIZE - 8 * bytes;
    for (int k = 0; k < rows.length; k++) {
      long value = Raw.get(host + (long) k * bytes, bytes);
      value = signed ? value << unused >> unused : value;
      for (int m = mask; m != 0; m &= m - 1) {
        set(w, k, Integer.numberOfTrailingZeros(m), value);
      }
    }
  }

  private void set(Warp w, int k, int lane, long value) {
    if (wide[k]) {
      w.longs[rows[k]][lane] = value;
    } else {
      w.ints[rows[k]][lane] = (int) value & keep[k];
    }
  }

  /** Stores one lane at its place in host memory. */
  void store(Warp w, int lane, long host) {
    for (int k = 0; k < rows.length; k++) {
      Raw.put(host + (long) k * bytes, bytes, value(w, k, lane));
    }
  }

  /** Stores the lanes of {@code mask} at their places in host memory. */
  void store(Warp w, int mask, long[] host) {
    if (bytes == 4 && rows.length == 1 && !wide[0]) {
      int[] row = w.ints[rows[0]];
      for (int m = mask; m != 0; m &= m - 1) {
        int lane = Integer.numberOfTrailingZeros(m);
        Raw.putInt(host[lane], row[lane]);
      }
      return;
    }
    for (int m = mask; m != 0; m &= m - 1) {
      int lane = Integer.numberOfTrailingZeros(m);
      store(w, lane, host[lane]);
    }
  }

  private long value(Warp w, int k, int lane) {
    return wide[k] ? w.longs[rows[k]][lane] : w.ints[rows[k]][lane];
  }

  /** Whether a lane would leave what is at {@code host} as it is. */
  boolean same(Warp w, int lane, long host) {
    for (int k = 0; k < rows.length; k++) {
      if (low(value(w, k, lane)) != Raw.get(host + (long) k * bytes, bytes)) {
        return false;
      }
    }
    return true;
  }

  /** Whether two lanes have the same values. */
  boolean same(Warp w, int lane, int other) {
    for (int k = 0; k < rows.length; k++) {
      if (low(value(w, k, lane)) != low(value(w, k, other))) {
        return false;
      }
    }
    return true;
  }

  private long low(long value) {
    return value & Bits.ones(8 * bytes);
  }
}
