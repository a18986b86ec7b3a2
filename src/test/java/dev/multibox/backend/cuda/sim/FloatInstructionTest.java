package dev.multibox.backend.cuda.sim;

import static org.assertj.core.api.Assertions.assertThat;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.MathContext;
import java.util.Arrays;
import java.util.Random;
import java.util.function.DoubleUnaryOperator;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

/** Floating-point instructions against exact arithmetic, over edge values and random ones. */
class FloatInstructionTest {
  private static final int NAN = 0x7fff_ffff;

  private static final float[] EDGES = {
    0f,
    -0f,
    1f,
    -1f,
    0.5f,
    1.5f,
    2.5f,
    -2.5f,
    3f,
    1e-3f,
    Float.MIN_VALUE,
    -Float.MIN_VALUE,
    Float.MIN_NORMAL,
    Float.MAX_VALUE,
    -Float.MAX_VALUE,
    Float.POSITIVE_INFINITY,
    Float.NEGATIVE_INFINITY,
    Float.NaN,
    0x1.fffffep0f,
    0x1.000002p0f,
    8388607.5f,
    0x1p31f,
    -0x1p31f,
    0x1p32f,
    65504f,
    65520f,
    6e-8f
  };

  private static final int COUNT = EDGES.length * EDGES.length + 500;
  private static final OneInstruction ONE = new OneInstruction();
  private static final float[] A = new float[COUNT];
  private static final float[] B = new float[COUNT];
  private static final float[] C = new float[COUNT];

  static {
    Random random = new Random(11);
    for (int i = 0; i < COUNT; i++) {
      boolean edges = i < EDGES.length * EDGES.length;
      A[i] = edges ? EDGES[i / EDGES.length] : Float.intBitsToFloat(random.nextInt());
      B[i] = edges ? EDGES[i % EDGES.length] : random.nextFloat() * 100 - 50;
      C[i] = EDGES[random.nextInt(EDGES.length)];
    }
  }

  @AfterAll
  static void close() {
    ONE.close();
  }

  @FunctionalInterface
  private interface Floats {
    float apply(float a, float b, float c);
  }

  @FunctionalInterface
  private interface Bits {
    int apply(float a, float b, float c);
  }

  @FunctionalInterface
  private interface Doubles {
    double apply(double a, double b, double c);
  }

  private static int[] bits(float[] values) {
    int[] bits = new int[values.length];
    Arrays.setAll(bits, i -> Float.floatToRawIntBits(values[i]));
    return bits;
  }

  private static long[] wide(float[] values) {
    long[] bits = new long[values.length];
    Arrays.setAll(bits, i -> Double.doubleToRawLongBits(values[i] * 1.000000001));
    return bits;
  }

  private static void bits(String code, Bits expected) {
    int[] wanted = new int[COUNT];
    Arrays.setAll(wanted, i -> expected.apply(A[i], B[i], C[i]));
    int[] found = ONE.ints(code, bits(A), bits(B), bits(C));
    for (int i = 0; i < COUNT; i++) {
      assertThat(found[i])
          .describedAs("%s for %s, %s, %s", code, A[i], B[i], C[i])
          .isEqualTo(wanted[i]);
    }
  }

  private static void floats(String code, Floats expected) {
    bits(code, (a, b, c) -> canonical(expected.apply(a, b, c)));
  }

  private static int canonical(float value) {
    return Float.isNaN(value) ? NAN : Float.floatToRawIntBits(value);
  }

  private static void doubles(String code, Doubles expected) {
    long[] a = wide(A);
    long[] b = wide(B);
    long[] c = wide(C);
    long[] found = ONE.longs(code, a, b, c);
    for (int i = 0; i < COUNT; i++) {
      double wanted =
          expected.apply(
              Double.longBitsToDouble(a[i]),
              Double.longBitsToDouble(b[i]),
              Double.longBitsToDouble(c[i]));
      // A NaN in double may be any.
      assertThat(Double.doubleToLongBits(Double.longBitsToDouble(found[i])))
          .describedAs("%s for %s, %s, %s", code, A[i], B[i], C[i])
          .isEqualTo(Double.doubleToLongBits(wanted));
    }
  }

  @Test
  void roundsToNearest() {
    floats("add.rn.f32 %d, %a, %b;", (a, b, _) -> a + b);
    floats("sub.f32 %d, %a, %b;", (a, b, _) -> a - b);
    floats("mul.f32 %d, %a, %b;", (a, b, _) -> a * b);
    floats("fma.rn.f32 %d, %a, %b, %c;", Math::fma);
    floats("div.rn.f32 %d, %a, %b;", (a, b, _) -> a / b);
    floats("rcp.rn.f32 %d, %a;", (a, _, _) -> 1 / a);
    floats("sqrt.rn.f32 %d, %a;", (a, _, _) -> (float) Math.sqrt(a));
    doubles("add.rn.f64 %d, %a, %b;", (a, b, _) -> a + b);
    doubles("fma.rn.f64 %d, %a, %b, %c;", Math::fma);
    doubles("div.rn.f64 %d, %a, %b;", (a, b, _) -> a / b);
    doubles("sqrt.rn.f64 %d, %a;", (a, _, _) -> Math.sqrt(a));
  }

  /** The float next to an exact value, away from it in one direction only. */
  private static float directed(BigDecimal exact, String mode) {
    float nearest = exact.floatValue();
    int order =
        Float.isInfinite(nearest)
            ? (int) Math.signum(nearest)
            : new BigDecimal(nearest).compareTo(exact);
    boolean negative = exact.signum() < 0;
    return switch (mode) {
      case "rm" -> order > 0 ? Math.nextDown(nearest) : nearest;
      case "rp" -> order < 0 ? Math.nextUp(nearest) : nearest;
      default ->
          negative
              ? order < 0 ? Math.nextUp(nearest) : nearest
              : order > 0 ? Math.nextDown(nearest) : nearest;
    };
  }

  private static boolean finite(float... values) {
    for (float value : values) {
      if (!Float.isFinite(value)) {
        return false;
      }
    }
    return true;
  }

  @Test
  void roundsInOneDirection() {
    for (String mode : new String[] {"rz", "rm", "rp"}) {
      floats(
          "add.%s.f32 %%d, %%a, %%b;".formatted(mode),
          (a, b, _) -> {
            float sum = a + b;
            if (!finite(a, b)) {
              return sum;
            }
            BigDecimal exact = new BigDecimal(a).add(new BigDecimal(b));
            return exact.signum() == 0 ? zero(a, b, mode) : directed(exact, mode);
          });
      floats(
          "mul.%s.f32 %%d, %%a, %%b;".formatted(mode),
          (a, b, _) -> {
            boolean exact = !finite(a, b) || a == 0 || b == 0;
            return exact
                ? a * b
                : signed(directed(new BigDecimal(a).multiply(new BigDecimal(b)), mode), a * b);
          });
      floats(
          "fma.%s.f32 %%d, %%a, %%b, %%c;".formatted(mode),
          (a, b, c) -> {
            if (!finite(a, b, c)) {
              return Math.fma(a, b, c);
            }
            BigDecimal product = new BigDecimal(a).multiply(new BigDecimal(b));
            BigDecimal exact = product.add(new BigDecimal(c));
            // A product of floats does not underflow in double, so that its zero has its sign.
            return exact.signum() == 0
                ? zero((float) Math.signum((double) a * b), c, mode)
                : directed(exact, mode);
          });
    }
  }

  /** The zero of an exact sum: of the summands' common sign, else positive unless rounding down. */
  private static float zero(float a, float b, String mode) {
    boolean bothNegative = a == 0 && b == 0 && 1 / a < 0 && 1 / b < 0;
    boolean bothPositive = a == 0 && b == 0 && 1 / a > 0 && 1 / b > 0;
    return bothNegative || (mode.equals("rm") && !bothPositive) ? -0f : 0f;
  }

  /** A result that underflowed keeps the sign of what it would have been. */
  private static float signed(float value, float sign) {
    return value == 0 ? Math.copySign(value, sign) : value;
  }

  @Test
  void dividesAndTakesRootsInOneDirection() {
    for (String mode : new String[] {"rz", "rm", "rp"}) {
      floats(
          "div.%s.f32 %%d, %%a, %%b;".formatted(mode),
          (a, b, _) -> {
            if (!finite(a, b) || b == 0 || a == 0) {
              return a / b;
            }
            // 200 digits are enough to tell a quotient of floats from a float.
            BigDecimal exact = new BigDecimal(a).divide(new BigDecimal(b), new MathContext(200));
            return signed(directed(exact, mode), a / b);
          });
      floats(
          "sqrt.%s.f32 %%d, %%a;".formatted(mode),
          (a, _, _) -> {
            if (!(a > 0) || !finite(a)) {
              return (float) Math.sqrt(a);
            }
            return directed(new BigDecimal(a).sqrt(new MathContext(100)), mode);
          });
    }
  }

  @Test
  void roundsDoublesInOneDirection() {
    doubles("add.rm.f64 %d, %a, %b;", (a, b, _) -> directedSum(a, b, false));
    doubles("add.rp.f64 %d, %a, %b;", (a, b, _) -> directedSum(a, b, true));
  }

  private static double directedSum(double a, double b, boolean up) {
    double sum = a + b;
    if (!Double.isFinite(a) || !Double.isFinite(b)) {
      return sum;
    }
    BigDecimal exact = new BigDecimal(a).add(new BigDecimal(b));
    if (exact.signum() == 0) {
      return zero((float) a, (float) b, up ? "rp" : "rm");
    }
    int order = new BigDecimal(sum).compareTo(exact);
    return up && order < 0 ? Math.nextUp(sum) : !up && order > 0 ? Math.nextDown(sum) : sum;
  }

  @Test
  void prefersNumbersInMinimumAndMaximum() {
    floats(
        "min.f32 %d, %a, %b;",
        (a, b, _) -> Float.isNaN(a) ? b : Float.isNaN(b) ? a : Math.min(a, b));
    floats(
        "max.f32 %d, %a, %b;",
        (a, b, _) -> Float.isNaN(a) ? b : Float.isNaN(b) ? a : Math.max(a, b));
    doubles(
        "max.f64 %d, %a, %b;",
        (a, b, _) -> Double.isNaN(a) ? b : Double.isNaN(b) ? a : Math.max(a, b));
  }

  @Test
  void changesSigns() {
    bits("neg.f32 %d, %a;", (a, _, _) -> Float.floatToRawIntBits(a) ^ 0x8000_0000);
    bits("abs.f32 %d, %a;", (a, _, _) -> Float.floatToRawIntBits(a) & 0x7fff_ffff);
    bits(
        "copysign.f32 %d, %a, %b;",
        (a, b, _) ->
            (Float.floatToRawIntBits(b) & 0x7fff_ffff)
                | (Float.floatToRawIntBits(a) & 0x8000_0000));
  }

  @Test
  void flushesAndSaturatesWhereAsked() {
    floats("add.ftz.f32 %d, %a, %b;", (a, b, _) -> flushed(flushed(a) + flushed(b)));
    floats("mul.ftz.f32 %d, %a, %b;", (a, b, _) -> flushed(flushed(a) * flushed(b)));
    floats("add.sat.f32 %d, %a, %b;", (a, b, _) -> saturated(a + b));
    floats("cvt.sat.f32.f32 %d, %a;", (a, _, _) -> saturated(a));
    floats("cvt.ftz.f32.f32 %d, %a;", (a, _, _) -> flushed(a));
  }

  private static float flushed(float value) {
    return Math.abs(value) < Float.MIN_NORMAL ? Math.copySign(0f, value) : value;
  }

  private static float saturated(float value) {
    return value > 0 ? Math.min(value, 1) : 0;
  }

  @Test
  void comparesWithWhatIsNoNumber() {
    compare("lt", (a, b, _) -> a < b ? 1 : 0);
    compare("le", (a, b, _) -> a <= b ? 1 : 0);
    compare("gt", (a, b, _) -> a > b ? 1 : 0);
    compare("ge", (a, b, _) -> a >= b ? 1 : 0);
    compare("eq", (a, b, _) -> a == b ? 1 : 0);
    compare("ne", (a, b, _) -> a < b || a > b ? 1 : 0);
    compare("ltu", (a, b, _) -> a >= b ? 0 : 1);
    compare("leu", (a, b, _) -> a > b ? 0 : 1);
    compare("gtu", (a, b, _) -> a <= b ? 0 : 1);
    compare("geu", (a, b, _) -> a < b ? 0 : 1);
    compare("equ", (a, b, _) -> a < b || a > b ? 0 : 1);
    compare("neu", (a, b, _) -> a == b ? 0 : 1);
    compare("num", (a, b, _) -> Float.isNaN(a) || Float.isNaN(b) ? 0 : 1);
    compare("nan", (a, b, _) -> Float.isNaN(a) || Float.isNaN(b) ? 1 : 0);
    bits(
        "testp.subnormal.f32 %p, %a; selp.b32 %d, 1, 0, %p;",
        (a, _, _) -> Math.abs(a) < Float.MIN_NORMAL ? 1 : 0);
  }

  private static void compare(String comparison, Bits expected) {
    bits("setp.%s.f32 %%p, %%a, %%b; selp.b32 %%d, 1, 0, %%p;".formatted(comparison), expected);
  }

  @Test
  void convertsToIntegers() {
    bits("cvt.rzi.s32.f32 %d, %a;", (a, _, _) -> (int) a);
    bits("cvt.rni.s32.f32 %d, %a;", (a, _, _) -> (int) Math.rint(a));
    bits("cvt.rmi.s32.f32 %d, %a;", (a, _, _) -> (int) Math.floor(a));
    bits("cvt.rpi.s32.f32 %d, %a;", (a, _, _) -> (int) Math.ceil(a));
    bits("cvt.rzi.u32.f32 %d, %a;", (a, _, _) -> (int) Math.clamp((long) a, 0, 0xffff_ffffL));
    bits("cvt.rzi.u8.f32 %d, %a;", (a, _, _) -> Math.clamp((long) a, 0, 255));
    bits("cvt.rzi.s64.f32 %u0, %a; cvt.u32.u64 %d, %u0;", (a, _, _) -> (int) (long) a);
    floats("cvt.rni.f32.f32 %d, %a;", (a, _, _) -> (float) Math.rint(a));
    floats("cvt.rmi.f32.f32 %d, %a;", (a, _, _) -> (float) Math.floor(a));
  }

  @Test
  void convertsFromIntegers() {
    bits(
        "cvt.rn.f32.s32 %d, %a;", (a, _, _) -> Float.floatToRawIntBits(Float.floatToRawIntBits(a)));
    bits(
        "cvt.rn.f32.u32 %d, %a;",
        (a, _, _) -> Float.floatToRawIntBits((float) (Float.floatToRawIntBits(a) & 0xffff_ffffL)));
    bits(
        "cvt.rz.f32.s32 %d, %a;",
        (a, _, _) ->
            Float.floatToRawIntBits(
                directed(BigDecimal.valueOf(Float.floatToRawIntBits(a)), "rz")));
    bits(
        "mov.b64 %u0, {%a, %b}; cvt.rn.f32.u64 %d, %u0;",
        (a, b, _) -> {
          long value =
              ((long) Float.floatToRawIntBits(b) << 32)
                  | (Float.floatToRawIntBits(a) & 0xffff_ffffL);
          return Float.floatToRawIntBits(
              new BigDecimal(new BigInteger(Long.toUnsignedString(value))).floatValue());
        });
  }

  @Test
  void convertsBetweenFloats() {
    floats("cvt.f64.f32 %u0, %a; cvt.rn.f32.f64 %d, %u0;", (a, _, _) -> a);
    floats(
        "cvt.f64.f32 %u0, %a; cvt.f64.f32 %u1, %b; mul.f64 %u0, %u0, %u1; cvt.rz.f32.f64 %d, %u0;",
        (a, b, _) ->
            !finite(a, b) || a == 0 || b == 0
                ? a * b
                : signed(directed(new BigDecimal((double) a * b), "rz"), a * b));
    bits(
        "cvt.rn.f16.f32 %hd, %a; cvt.u32.u16 %d, %hd;",
        (a, _, _) -> Float.isNaN(a) ? 0x7fff : Float.floatToFloat16(a) & 0xffff);
    floats("cvt.f32.f16 %d, %ha;", (a, _, _) -> half(Float.floatToRawIntBits(a)));
    bits(
        "cvt.rz.f16.f32 %hd, %a; cvt.u32.u16 %d, %hd;",
        (a, _, _) -> {
          if (Float.isNaN(a)) {
            return 0x7fff;
          }
          short nearest = Float.floatToFloat16(a);
          boolean away = Math.abs(Float.float16ToFloat(nearest)) > Math.abs(a);
          return (away ? nearest - 1 : nearest) & 0xffff;
        });
  }

  private static float half(int bits) {
    return Float.float16ToFloat((short) bits);
  }

  private static int halfBits(float value) {
    return Float.isNaN(value) ? 0x7fff : Float.floatToFloat16(value) & 0xffff;
  }

  @Test
  void computesInF16() {
    // Sums and products of F16 are rounded to float without harm: 24 >= 2 x 11 + 2 bits.
    String toHalf = "cvt.rn.f16.f32 %ha, %a; cvt.rn.f16.f32 %hb, %b;";
    String back = "cvt.u32.u16 %d, %hd;";
    bits(
        toHalf + "add.f16 %hd, %ha, %hb;" + back,
        (a, b, _) -> halfBits(half(halfBits(a)) + half(halfBits(b))));
    bits(
        toHalf + "mul.f16 %hd, %ha, %hb;" + back,
        (a, b, _) -> halfBits(half(halfBits(a)) * half(halfBits(b))));
    bits(
        toHalf + "cvt.rn.f16.f32 %hc, %c; fma.rn.f16 %hd, %ha, %hb, %hc;" + back,
        (a, b, c) -> fused(half(halfBits(a)), half(halfBits(b)), half(halfBits(c))));
    bits(
        toHalf + "setp.lt.f16 %p, %ha, %hb; selp.b32 %d, 1, 0, %p;",
        (a, b, _) -> half(halfBits(a)) < half(halfBits(b)) ? 1 : 0);
    bits(
        toHalf + "mov.b32 %t0, {%ha, %hb}; mov.b32 %t1, {%hb, %hb}; mul.f16x2 %d, %t0, %t1;",
        (a, b, _) -> {
          float x = half(halfBits(a));
          float y = half(halfBits(b));
          return halfBits(x * y) | halfBits(y * y) << 16;
        });
    bits(toHalf + "neg.f16 %hd, %ha;" + back, (a, _, _) -> halfBits(a) ^ 0x8000);
  }

  /** A fused product and sum, rounded once from its exact value. */
  private static int fused(float a, float b, float c) {
    if (!finite(a, b, c)) {
      return halfBits(a * b + c);
    }
    BigDecimal exact = new BigDecimal(a).multiply(new BigDecimal(b)).add(new BigDecimal(c));
    if (exact.signum() == 0) {
      return halfBits(a * b + c);
    }
    // To odd in float, then to F16: the second rounding sees that something was left over.
    float near = directed(exact, "rz");
    boolean inexact = new BigDecimal(near).compareTo(exact) != 0;
    float odd = inexact ? Float.intBitsToFloat(Float.floatToRawIntBits(near) | 1) : near;
    return halfBits(signed(odd, exact.signum()));
  }

  @Test
  void approximatesWithinWhatPtxAllows() {
    approximate("ex2.approx.f32", 0x1p-22, a -> Math.pow(2, a));
    approximate("lg2.approx.f32", 0x1p-22, a -> Math.log(a) / Math.log(2));
    approximate("rsqrt.approx.f32", 0x1p-22, a -> 1 / Math.sqrt(a));
    approximate("sqrt.approx.f32", 0x1p-22, Math::sqrt);
    approximate("rcp.approx.f32", 0x1p-23, a -> 1 / a);
    approximate("tanh.approx.f32", 0x1p-10, Math::tanh);
  }

  private static void approximate(String opcode, double error, DoubleUnaryOperator exact) {
    int[] found = ONE.ints(opcode + " %d, %a;", bits(A), bits(B), bits(C));
    for (int i = 0; i < COUNT; i++) {
      double wanted = exact.applyAsDouble(A[i]);
      float value = Float.intBitsToFloat(found[i]);
      boolean same = Float.floatToIntBits(value) == Float.floatToIntBits((float) wanted);
      assertThat(same || Math.abs(value - wanted) <= error * Math.max(Math.abs(wanted), 0x1p-126))
          .describedAs("%s of %s was %s, wanted %s", opcode, A[i], value, wanted)
          .isTrue();
    }
  }
}
