package dev.multibox.backend.cuda.sim.instruction;

import dev.multibox.backend.cuda.sim.ptx.PtxType;
import org.jspecify.annotations.Nullable;

/** The frequent comparisons as loops over rows. */
final class CompareLoops {
  private CompareLoops() {}

  static RowOps.@Nullable IntTest ints(Opcode op, PtxType type) {
    String comparison = op.modifiers().getFirst();
    if (type == PtxType.F32) {
      return floats(comparison);
    }
    if (comparison.equals("eq") || comparison.equals("ne")) {
      return comparison.equals("eq") ? EQUAL : (a, b) -> ~EQUAL.run(a, b);
    }
    if (type == PtxType.U32) {
      return switch (comparison) {
        case "lt" -> BELOW;
        case "ge" -> (a, b) -> ~BELOW.run(a, b);
        case "gt" -> (a, b) -> BELOW.run(b, a);
        case "le" -> (a, b) -> ~BELOW.run(b, a);
        default -> null;
      };
    }
    if (type != PtxType.S32) {
      return null;
    }
    return switch (comparison) {
      case "lt" -> LESS;
      case "ge" -> (a, b) -> ~LESS.run(a, b);
      case "gt" -> (a, b) -> LESS.run(b, a);
      case "le" -> (a, b) -> ~LESS.run(b, a);
      default -> null;
    };
  }

  private static RowOps.@Nullable IntTest floats(String comparison) {
    return switch (comparison) {
      case "lt" -> FLOAT_LESS;
      case "geu" -> (a, b) -> ~FLOAT_LESS.run(a, b);
      case "gt" -> (a, b) -> FLOAT_LESS.run(b, a);
      case "leu" -> (a, b) -> ~FLOAT_LESS.run(b, a);
      case "le" -> FLOAT_AT_MOST;
      case "gtu" -> (a, b) -> ~FLOAT_AT_MOST.run(a, b);
      case "ge" -> (a, b) -> FLOAT_AT_MOST.run(b, a);
      case "ltu" -> (a, b) -> ~FLOAT_AT_MOST.run(b, a);
      case "eq" -> FLOAT_EQUAL;
      case "neu" -> (a, b) -> ~FLOAT_EQUAL.run(a, b);
      default -> null;
    };
  }

  static RowOps.@Nullable LongTest longs(Opcode op, PtxType type) {
    String comparison = op.modifiers().getFirst();
    if (type == PtxType.F64) {
      return null;
    }
    if (comparison.equals("eq") || comparison.equals("ne")) {
      return comparison.equals("eq") ? LONG_EQUAL : (a, b) -> ~LONG_EQUAL.run(a, b);
    }
    if (type != PtxType.S64 && type != PtxType.U64) {
      return null;
    }
    RowOps.LongTest less = type == PtxType.S64 ? LONG_LESS : LONG_BELOW;
    return switch (comparison) {
      case "lt" -> less;
      case "ge" -> (a, b) -> ~less.run(a, b);
      case "gt" -> (a, b) -> less.run(b, a);
      case "le" -> (a, b) -> ~less.run(b, a);
      default -> null;
    };
  }

  private static final RowOps.IntTest EQUAL =
      (a, b) -> {
        int held = 0;
        for (int l = 0; l < Warp.LANES; l++) {
          held |= (a[l] == b[l] ? 1 : 0) << l;
        }
        return held;
      };

  private static final RowOps.IntTest LESS =
      (a, b) -> {
        int held = 0;
        for (int l = 0; l < Warp.LANES; l++) {
          held |= (a[l] < b[l] ? 1 : 0) << l;
        }
        return held;
      };

  private static final RowOps.IntTest BELOW =
      (a, b) -> {
        int held = 0;
        for (int l = 0; l < Warp.LANES; l++) {
          held |= (a[l] + Integer.MIN_VALUE < b[l] + Integer.MIN_VALUE ? 1 : 0) << l;
        }
        return held;
      };

  private static final RowOps.IntTest FLOAT_LESS =
      (a, b) -> {
        int held = 0;
        for (int l = 0; l < Warp.LANES; l++) {
          held |= (Float.intBitsToFloat(a[l]) < Float.intBitsToFloat(b[l]) ? 1 : 0) << l;
        }
        return held;
      };

  private static final RowOps.IntTest FLOAT_AT_MOST =
      (a, b) -> {
        int held = 0;
        for (int l = 0; l < Warp.LANES; l++) {
          held |= (Float.intBitsToFloat(a[l]) <= Float.intBitsToFloat(b[l]) ? 1 : 0) << l;
        }
        return held;
      };

  private static final RowOps.IntTest FLOAT_EQUAL =
      (a, b) -> {
        int held = 0;
        for (int l = 0; l < Warp.LANES; l++) {
          held |= (Float.intBitsToFloat(a[l]) == Float.intBitsToFloat(b[l]) ? 1 : 0) << l;
        }
        return held;
      };

  private static final RowOps.LongTest LONG_EQUAL =
      (a, b) -> {
        int held = 0;
        for (int l = 0; l < Warp.LANES; l++) {
          held |= (a[l] == b[l] ? 1 : 0) << l;
        }
        return held;
      };

  private static final RowOps.LongTest LONG_LESS =
      (a, b) -> {
        int held = 0;
        for (int l = 0; l < Warp.LANES; l++) {
          held |= (a[l] < b[l] ? 1 : 0) << l;
        }
        return held;
      };

  private static final RowOps.LongTest LONG_BELOW =
      (a, b) -> {
        int held = 0;
        for (int l = 0; l < Warp.LANES; l++) {
          held |= (a[l] + Long.MIN_VALUE < b[l] + Long.MIN_VALUE ? 1 : 0) << l;
        }
        return held;
      };

  /** {@code a} in the lanes of {@code chosen}, else {@code b}. */
  static void select(int[] d, int[] a, int[] b, int chosen) {
    for (int l = 0; l < Warp.LANES; l++) {
      d[l] = (chosen >>> l & 1) != 0 ? a[l] : b[l];
    }
  }

  /** {@code a} in the lanes of {@code chosen}, else {@code b}. */
  static void select(long[] d, long[] a, long[] b, int chosen) {
    for (int l = 0; l < Warp.LANES; l++) {
      d[l] = (chosen >>> l & 1) != 0 ? a[l] : b[l];
    }
  }
}
