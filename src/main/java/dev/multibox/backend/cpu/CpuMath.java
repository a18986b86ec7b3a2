package dev.multibox.backend.cpu;

import java.lang.foreign.MemorySegment;

/**
 * {@code exp} and {@code ln} in single precision, made of multiply-adds and bit operations alone,
 * so that a GPU that does the same operations gets the same bits. The polynomials are minimax fits
 * (Remez), rounded to float.
 */
final class CpuMath {
  private static final float LOG2_E = 0x1.715476p0f;

  /** ln 2 = high + low; a multiple of high up to 2^8 subtracts exactly by a multiply-add. */
  private static final float LN2_HIGH = 0x1.62e43p-1f;

  private static final float LN2_LOW = -0x1.05c61p-29f;

  /** Adding and subtracting it rounds to an integer, since its ulp is 1. */
  private static final float ROUND = 0x1.8p23f;

  /** The largest argument whose exponential is finite. */
  private static final float EXP_MAX = 0x1.62e42ep6f;

  /** ln 2^-150: anything below rounds to zero. */
  private static final float EXP_MIN = -0x1.9fe368p6f;

  /** The bits of the largest size of an argument whose exponential is a normal float. */
  private static final int NORMAL_EXP = Float.floatToIntBits(87f);

  private static final int ONE = 127;
  private static final int SMALLEST_NORMAL = 0x00800000;
  private static final int INFINITY = 0x7f800000;
  private static final int SQRT_HALF = 0x3f3504f3;

  /** The slot of {@link Scratch} that the exponentials of an array use. */
  private static final int EXP_SLOT = 7;

  private CpuMath() {}

  /**
   * {@code e^x}, at most 0.876 ulp off (all 2^32 arguments measured). Infinite above 88.7228, a
   * subnormal below -87.3366, zero below -103.972; NaN gives NaN.
   */
  static float exp(float x) {
    if (!(x <= EXP_MAX)) {
      return x > 0 ? Float.POSITIVE_INFINITY : x;
    }
    if (x < EXP_MIN) {
      return 0;
    }
    float k = Math.fma(x, LOG2_E, ROUND) - ROUND;
    // Two factors, for 2^k itself may be too small or too large for a float.
    int exponent = (int) k;
    int half = exponent >> 1;
    return mantissa(x, k) * powerOfTwo(half) * powerOfTwo(exponent - half);
  }

  /**
   * Replaces the first {@code count} elements of {@code x} by their {@link #exp}, bit for bit. The
   * loops are vectors as long as no element leaves the normal floats; bits turn into floats by
   * copying, since a loop with {@link Float#intBitsToFloat} stays scalar.
   */
  static void exp(float[] x, int count, Scratch scratch) {
    int[] bits = scratch.ints(EXP_SLOT, count);
    MemorySegment bytes = MemorySegment.ofArray(bits);
    MemorySegment.copy(MemorySegment.ofArray(x), 0, bytes, 0, 4L * count);
    int outside = 0;
    for (int i = 0; i < count; i++) {
      outside |= NORMAL_EXP - (bits[i] & Integer.MAX_VALUE);
    }
    if (outside < 0) {
      for (int i = 0; i < count; i++) {
        x[i] = exp(x[i]);
      }
      return;
    }
    for (int i = 0; i < count; i++) {
      float k = Math.fma(x[i], LOG2_E, ROUND) - ROUND;
      bits[i] = ((int) k + ONE) << 23;
      x[i] = mantissa(x[i], k);
    }
    float[] powers = scratch.floats(EXP_SLOT, count);
    MemorySegment.copy(bytes, 0, MemorySegment.ofArray(powers), 0, 4L * count);
    for (int i = 0; i < count; i++) {
      x[i] *= powers[i];
    }
  }

  /** {@code e^x / 2^k} for {@code k = round(x log2 e)}: between sqrt(1/2) and sqrt(2). */
  private static float mantissa(float x, float k) {
    float high = Math.fma(-k, LN2_HIGH, x);
    float low = -k * LN2_LOW;
    float r = high + low;
    float q = 0x1.6a23d0p-10f;
    q = Math.fma(q, r, 0x1.123a2p-7f);
    q = Math.fma(q, r, 0x1.5558f2p-5f);
    q = Math.fma(q, r, 0x1.555492p-3f);
    q = Math.fma(q, r, 0x1.fffffcp-2f);
    return (high + Math.fma(r * r, q, low)) + 1;
  }

  /**
   * {@code ln x}, at most 0.923 ulp off (all 2^32 arguments measured). Minus infinity at zero of
   * either sign, NaN below zero and for NaN.
   */
  static float log(float x) {
    int bits = Float.floatToRawIntBits(x);
    int shift = 0;
    if (bits < SMALLEST_NORMAL || bits >= INFINITY) {
      if (!(x > 0) || x == Float.POSITIVE_INFINITY) {
        return x == 0 ? Float.NEGATIVE_INFINITY : x < 0 ? Float.NaN : x;
      }
      bits = Float.floatToRawIntBits(x * 0x1p23f);
      shift = -23;
    }
    // x = 2^k m with m from sqrt(1/2) to sqrt(2).
    int exponent = (bits - SQRT_HALF) >> 23;
    float f = Float.intBitsToFloat(bits - (exponent << 23)) - 1;
    float k = exponent + shift;
    float q = -0x1.38b4e4p-4f;
    q = Math.fma(q, f, 0x1.05657ep-3f);
    q = Math.fma(q, f, -0x1.0d8a08p-3f);
    q = Math.fma(q, f, 0x1.22d918p-3f);
    q = Math.fma(q, f, -0x1.5471b6p-3f);
    q = Math.fma(q, f, 0x1.99a00ep-3f);
    q = Math.fma(q, f, -0x1.000228p-2f);
    q = Math.fma(q, f, 0x1.555554p-2f);
    q = Math.fma(q, f, -0.5f);
    float tail = Math.fma(k, LN2_LOW, f * f * q);
    return Math.fma(k, LN2_HIGH, f + tail);
  }

  private static float powerOfTwo(int exponent) {
    return Float.intBitsToFloat((exponent + ONE) << 23);
  }
}
