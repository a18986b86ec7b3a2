package dev.multibox.backend.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.SplittableRandom;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

class CpuMathTest {
  /** What the javadoc promises. */
  private static final double EXP_ULP = 0.876;

  private static final double LOG_ULP = 0.923;

  /** A prime, so that every exponent is met with different low bits; 520,000 floats. */
  private static final long STEP = 8209;

  private static final long ALL = 1L << 32;

  @Test
  void expIsWithinItsBound() {
    assertThat(largestExpError(STEP)).isBetween(0.5, EXP_ULP);
  }

  @Test
  void logIsWithinItsBound() {
    assertThat(largestLogError(STEP)).isBetween(0.5, LOG_ULP);
  }

  /** With {@code -Dmultibox.slow=true}: about ten minutes. */
  @Test
  @Tag("slow")
  @EnabledIfSystemProperty(
      named = "multibox.slow",
      matches = "true",
      disabledReason = "takes minutes; -Dmultibox.slow=true runs it")
  void everyFloatIsWithinTheBounds() {
    assertThat(largestExpError(1)).isBetween(0.5, EXP_ULP);
    assertThat(largestLogError(1)).isBetween(0.5, LOG_ULP);
  }

  private static double largestExpError(long step) {
    double largest = 0;
    for (long bits = 0; bits < ALL; bits += step) {
      float x = Float.intBitsToFloat((int) bits);
      if (Float.isFinite(x)) {
        largest = Math.max(largest, ulps(CpuMath.exp(x), Math.exp(x)));
      }
    }
    return largest;
  }

  private static double largestLogError(long step) {
    double largest = 0;
    for (long bits = 0; bits < ALL; bits += step) {
      float x = Float.intBitsToFloat((int) bits);
      if (x > 0 && Float.isFinite(x)) {
        largest = Math.max(largest, ulps(CpuMath.log(x), Math.log(x)));
      }
    }
    return largest;
  }

  /** The distance in units of the last place that a float of the exact value's size has. */
  private static double ulps(float actual, double exact) {
    if (actual == (float) exact) {
      return Double.isInfinite(exact) || Float.isInfinite(actual)
          ? 0
          : Math.abs(actual - exact) / unit(exact);
    }
    return Math.abs(actual - exact) / unit(exact);
  }

  private static double unit(double exact) {
    int exponent = Math.max(Math.getExponent(exact), Float.MIN_EXPONENT);
    return Math.scalb(1.0, exponent - 23);
  }

  @Test
  void expOfAnArrayGivesTheSameBits() {
    SplittableRandom random = new SplittableRandom(1);
    Scratch scratch = new Scratch();
    for (float range : new float[] {1, 20, 87, 110, Float.POSITIVE_INFINITY}) {
      float[] x = new float[1000];
      float[] expected = new float[x.length];
      for (int i = 0; i < x.length; i++) {
        x[i] = (random.nextFloat() - 0.5f) * 2 * range;
        expected[i] = CpuMath.exp(x[i]);
      }
      CpuMath.exp(x, x.length, scratch);
      assertThat(x).isEqualTo(expected);
    }
  }

  @Test
  void expOfTheEnds() {
    assertThat(CpuMath.exp(0f)).isEqualTo(1f);
    assertThat(CpuMath.exp(-0f)).isEqualTo(1f);
    assertThat(CpuMath.exp(Float.MIN_VALUE)).isEqualTo(1f);
    assertThat(CpuMath.exp(88.72283f)).isFinite();
    assertThat(CpuMath.exp(88.72284f)).isEqualTo(Float.POSITIVE_INFINITY);
    assertThat(CpuMath.exp(Float.POSITIVE_INFINITY)).isEqualTo(Float.POSITIVE_INFINITY);
    assertThat(CpuMath.exp(-103.97f)).isEqualTo(Float.MIN_VALUE);
    assertThat(CpuMath.exp(-103.98f)).isZero();
    assertThat(CpuMath.exp(Float.NEGATIVE_INFINITY)).isZero();
    assertThat(CpuMath.exp(Float.NaN)).isNaN();
  }

  @Test
  void logOfTheEnds() {
    assertThat(CpuMath.log(1f)).isEqualTo(0f);
    assertThat(CpuMath.log(0f)).isEqualTo(Float.NEGATIVE_INFINITY);
    assertThat(CpuMath.log(-0f)).isEqualTo(Float.NEGATIVE_INFINITY);
    assertThat(CpuMath.log(-1f)).isNaN();
    assertThat(CpuMath.log(Float.NEGATIVE_INFINITY)).isNaN();
    assertThat(CpuMath.log(Float.NaN)).isNaN();
    assertThat(CpuMath.log(Float.POSITIVE_INFINITY)).isEqualTo(Float.POSITIVE_INFINITY);
    assertThat(CpuMath.log(Float.MIN_VALUE)).isEqualTo((float) Math.log(Float.MIN_VALUE));
    assertThat(CpuMath.log(Float.MAX_VALUE)).isEqualTo((float) Math.log(Float.MAX_VALUE));
  }
}
