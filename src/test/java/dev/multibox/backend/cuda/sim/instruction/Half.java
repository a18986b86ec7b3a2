package dev.multibox.backend.cuda.sim.instruction;

/** F16 numbers as their bits. */
final class Half {
  static final int NAN_BITS = 0x7fff;

  private static final int INFINITY_BITS = 0x7c00;
  private static final double MAX_VALUE = 65504;

  /** The smallest subnormal number, 2^-24. */
  private static final double MIN_VALUE = 0x1p-24;

  private Half() {}

  static float toFloat(long bits) {
    return Float.float16ToFloat((short) bits);
  }

  /** The nearest F16, ties to even; the canonical NaN for what is no number. */
  static int of(double value) {
    return of(value, Rounding.NEAREST);
  }

  static int of(double value, Rounding rounding) {
    if (Double.isNaN(value)) {
      return NAN_BITS;
    }
    int sign = Double.doubleToRawLongBits(value) < 0 ? 0x8000 : 0;
    double size = Math.abs(value);
    if (Double.isInfinite(size)) {
      return sign | INFINITY_BITS;
    }
    // In units of the last place of an F16 of that size, the number is an integer and a rest.
    double unit = Math.max(MIN_VALUE, Math.ulp(size) * 0x1p42);
    double rounded = towards(rounding, sign != 0).toIntegral(size / unit) * unit;
    if (rounded > MAX_VALUE) {
      boolean staysFinite = size < Double.MAX_VALUE && !roundsUp(rounding, sign != 0);
      return sign | (staysFinite ? INFINITY_BITS - 1 : INFINITY_BITS);
    }
    return sign | (Float.floatToFloat16((float) rounded) & 0xffff);
  }

  /** Whether a number beyond the largest goes to infinity. */
  private static boolean roundsUp(Rounding rounding, boolean negative) {
    return switch (rounding) {
      case NEAREST -> true;
      case ZERO -> false;
      case DOWN -> negative;
      case UP -> !negative;
    };
  }

  /** The mode for the absolute value. */
  private static Rounding towards(Rounding rounding, boolean negative) {
    return switch (rounding) {
      case DOWN -> negative ? Rounding.UP : Rounding.DOWN;
      case UP -> negative ? Rounding.DOWN : Rounding.UP;
      default -> rounding;
    };
  }
}
