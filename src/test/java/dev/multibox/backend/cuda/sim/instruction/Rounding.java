package dev.multibox.backend.cuda.sim.instruction;

import java.math.BigDecimal;

/** The IEEE rounding modes and what arithmetic gives under each. */
enum Rounding {
  NEAREST,
  ZERO,
  DOWN,
  UP;

  /** The mode that an opcode asks for: {@code .rn} unless it says otherwise. */
  static Rounding of(Opcode op) {
    return switch (op.oneOf("rn", "rz", "rm", "rp", "rzi", "rmi", "rpi")) {
      case "rz", "rzi" -> ZERO;
      case "rm", "rmi" -> DOWN;
      case "rp", "rpi" -> UP;
      default -> NEAREST;
    };
  }

  float add(float a, float b) {
    return this == NEAREST ? a + b : sum(a, b);
  }

  float multiply(float a, float b) {
    // The product of two floats is exact in double.
    return this == NEAREST ? a * b : toFloat((double) a * b, 0);
  }

  float fma(float a, float b, float c) {
    return this == NEAREST ? Math.fma(a, b, c) : sum((double) a * b, c);
  }

  float divide(float a, float b) {
    float nearest = a / b;
    if (this == NEAREST || !Float.isFinite(a) || !Float.isFinite(b) || b == 0) {
      return nearest;
    }
    double rest = Float.isFinite(nearest) ? a - (double) nearest * b : -Math.signum(nearest) * b;
    return step(nearest, rest * Math.signum(b));
  }

  float sqrt(float a) {
    float nearest = (float) Math.sqrt(a);
    return this == NEAREST || !(a > 0) || !Float.isFinite(a)
        ? nearest
        : step(nearest, a - (double) nearest * nearest);
  }

  /** The float for {@code a + b}, whose sum may not fit a double. */
  private float sum(double a, double b) {
    double sum = a + b;
    if (sum == 0) {
      boolean negative = this == DOWN ? !(isPlusZero(a) && isPlusZero(b)) : isMinusZero(sum);
      return negative ? -0f : 0f;
    }
    // Knuth: the part of the sum that was rounded off, exactly.
    double shared = sum - a;
    double error = a - (sum - shared) + (b - shared);
    return toFloat(sum, Double.isFinite(sum) ? error : 0);
  }

  private static boolean isPlusZero(double x) {
    return Double.doubleToRawLongBits(x) == 0;
  }

  private static boolean isMinusZero(double x) {
    return Double.doubleToRawLongBits(x) == Long.MIN_VALUE;
  }

  /** The float for a double and a rest under half a unit of its last place. */
  float toFloat(double value, double rest) {
    float nearest = (float) value;
    if (this == NEAREST || !Double.isFinite(value)) {
      return nearest;
    }
    double above = value - nearest;
    return step(nearest, above == 0 ? rest : above);
  }

  /**
   * The neighbour of {@code nearest} if the exact value, which is {@code above} it, asks for it.
   */
  private float step(float nearest, double above) {
    boolean negative = nearest < 0 || (nearest == 0 && above < 0);
    if (above < 0 && (this == DOWN || (this == ZERO && !negative))) {
      return Math.nextDown(nearest);
    }
    if (above > 0 && (this == UP || (this == ZERO && negative))) {
      return Math.nextUp(nearest);
    }
    return nearest;
  }

  /** The float for an integer, which is taken as unsigned if {@code unsigned}. */
  float toFloat(long value, boolean unsigned) {
    boolean large = unsigned && value < 0;
    if (this == NEAREST) {
      return large ? (float) halved(value) * 2 : (float) value;
    }
    double high = (double) (large ? value >>> 11 : value >> 11) * 2048;
    return sum(high, (double) (value & 2047));
  }

  /** Half of an unsigned number, with the bit that is lost kept, since a tie depends on it. */
  private static long halved(long value) {
    return (value >>> 1) | (value & 1);
  }

  /** The double for an integer, which is taken as unsigned if {@code unsigned}. */
  double toDouble(long value, boolean unsigned) {
    boolean large = unsigned && value < 0;
    double nearest = large ? (double) halved(value) * 2 : (double) value;
    if (this == NEAREST) {
      return nearest;
    }
    BigDecimal exact = BigDecimal.valueOf(value);
    return step(nearest, large ? exact.add(BigDecimal.valueOf(2).pow(64)) : exact);
  }

  double add(double a, double b) {
    double nearest = a + b;
    if (this == DOWN && nearest == 0 && !(isPlusZero(a) && isPlusZero(b))) {
      return -0.0;
    }
    return areFinite(a, b, 0) ? step(nearest, exact(a).add(exact(b))) : nearest;
  }

  double multiply(double a, double b) {
    double nearest = a * b;
    return areFinite(a, b, 0) ? step(nearest, exact(a).multiply(exact(b))) : nearest;
  }

  double fma(double a, double b, double c) {
    double nearest = Math.fma(a, b, c);
    if (!areFinite(a, b, c)) {
      return nearest;
    }
    BigDecimal sum = exact(a).multiply(exact(b)).add(exact(c));
    if (this == DOWN && sum.signum() == 0 && !(isPlusZero(a * b) && isPlusZero(c))) {
      return -0.0;
    }
    return step(nearest, sum);
  }

  double divide(double a, double b) {
    double nearest = a / b;
    if (!areFinite(a, b, 0) || b == 0) {
      return nearest;
    }
    int above =
        Double.isFinite(nearest)
            ? exact(a).compareTo(exact(nearest).multiply(exact(b))) * (b < 0 ? -1 : 1)
            : -(int) Math.signum(nearest);
    return step(nearest, above);
  }

  double sqrt(double a) {
    double nearest = Math.sqrt(a);
    return this == NEAREST || !(a > 0) || !Double.isFinite(a)
        ? nearest
        : step(nearest, exact(a).compareTo(exact(nearest).multiply(exact(nearest))));
  }

  private boolean areFinite(double a, double b, double c) {
    return this != NEAREST && Double.isFinite(a) && Double.isFinite(b) && Double.isFinite(c);
  }

  private static BigDecimal exact(double x) {
    return new BigDecimal(x);
  }

  private double step(double nearest, BigDecimal value) {
    return step(
        nearest,
        Double.isFinite(nearest) ? value.compareTo(exact(nearest)) : -(int) Math.signum(nearest));
  }

  private double step(double nearest, int above) {
    boolean negative = nearest < 0 || (nearest == 0 && above < 0);
    if (above < 0 && (this == DOWN || (this == ZERO && !negative))) {
      return Math.nextDown(nearest);
    }
    if (above > 0 && (this == UP || (this == ZERO && negative))) {
      return Math.nextUp(nearest);
    }
    return nearest;
  }

  /** The integer, as a double, that {@code value} is rounded to. */
  double toIntegral(double value) {
    return switch (this) {
      case NEAREST -> Math.rint(value);
      case ZERO -> value < 0 ? Math.ceil(value) : Math.floor(value);
      case DOWN -> Math.floor(value);
      case UP -> Math.ceil(value);
    };
  }
}
