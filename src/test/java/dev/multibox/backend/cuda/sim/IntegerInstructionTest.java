package dev.multibox.backend.cuda.sim;

import static org.assertj.core.api.Assertions.assertThat;

import java.math.BigInteger;
import java.util.Arrays;
import java.util.Random;
import java.util.function.IntToLongFunction;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

/** Integer instructions against Java's arithmetic, over edge values and random ones. */
class IntegerInstructionTest {
  private static final int[] EDGES = {
    0,
    1,
    2,
    3,
    7,
    8,
    15,
    16,
    31,
    32,
    33,
    63,
    64,
    127,
    128,
    255,
    256,
    32767,
    32768,
    65535,
    65536,
    -1,
    -2,
    -3,
    -31,
    -32,
    -128,
    -32768,
    0x7fff_ffff,
    0x8000_0000,
    0x8000_0001,
    0x5555_5555
  };

  private static final int RANDOM = 500;
  private static final OneInstruction ONE = new OneInstruction();
  private static final int COUNT = EDGES.length * EDGES.length + RANDOM;
  private static final int[] A = new int[COUNT];
  private static final int[] B = new int[COUNT];
  private static final int[] C = new int[COUNT];
  private static final long[] WIDE_A = new long[COUNT];
  private static final long[] WIDE_B = new long[COUNT];
  private static final long[] WIDE_C = new long[COUNT];

  static {
    Random random = new Random(7);
    for (int i = 0; i < COUNT; i++) {
      boolean edges = i < EDGES.length * EDGES.length;
      A[i] = edges ? EDGES[i / EDGES.length] : random.nextInt();
      B[i] = edges ? EDGES[i % EDGES.length] : random.nextInt();
      C[i] = EDGES[random.nextInt(EDGES.length)];
      WIDE_A[i] = edges && i % 2 == 0 ? A[i] : ((long) A[i] << 32) | u(random.nextInt());
      WIDE_B[i] = edges && i % 3 != 0 ? B[i] : (long) B[i] << 32;
      WIDE_C[i] = random.nextLong();
    }
  }

  @AfterAll
  static void close() {
    ONE.close();
  }

  @FunctionalInterface
  private interface Ints {
    int apply(int a, int b, int c);
  }

  @FunctionalInterface
  private interface Longs {
    long apply(long a, long b, long c);
  }

  private static void ints(String code, Ints expected) {
    int[] wanted = new int[COUNT];
    Arrays.setAll(wanted, i -> expected.apply(A[i], B[i], C[i]));
    assertThat(ONE.ints(code, A, B, C)).describedAs(code).isEqualTo(wanted);
  }

  private static void widened(String code, IntToLongFunction f) {
    long[] wanted = new long[COUNT];
    Arrays.setAll(wanted, f);
    assertThat(ONE.widened(code, A, B, C)).describedAs(code).isEqualTo(wanted);
  }

  private static void longs(String code, Longs expected) {
    long[] wanted = new long[COUNT];
    Arrays.setAll(wanted, i -> expected.apply(WIDE_A[i], WIDE_B[i], WIDE_C[i]));
    assertThat(ONE.longs(code, WIDE_A, WIDE_B, WIDE_C)).describedAs(code).isEqualTo(wanted);
  }

  private static void narrowed(String code, Longs expected) {
    int[] wanted = new int[COUNT];
    Arrays.setAll(wanted, i -> (int) expected.apply(WIDE_A[i], WIDE_B[i], WIDE_C[i]));
    assertThat(ONE.narrowed(code, WIDE_A, WIDE_B, WIDE_C)).describedAs(code).isEqualTo(wanted);
  }

  private static long u(int x) {
    return Integer.toUnsignedLong(x);
  }

  private static int bit(int x, int position) {
    return (x >>> position) & 1;
  }

  private static int byteOf(int x, int index) {
    return (x >>> (8 * index)) & 255;
  }

  private static BigInteger big(long x, boolean signed) {
    return signed ? BigInteger.valueOf(x) : new BigInteger(Long.toUnsignedString(x));
  }

  private static int saturated(long x) {
    return Math.clamp(x, Integer.MIN_VALUE, Integer.MAX_VALUE);
  }

  @Test
  void addsAndMultiplies() {
    ints("add.s32 %d, %a, %b;", (a, b, _) -> a + b);
    ints("sub.u32 %d, %a, %b;", (a, b, _) -> a - b);
    ints("add.sat.s32 %d, %a, %b;", (a, b, _) -> saturated((long) a + b));
    ints("sub.sat.s32 %d, %a, %b;", (a, b, _) -> saturated((long) a - b));
    ints("mul.lo.s32 %d, %a, %b;", (a, b, _) -> a * b);
    ints("mul.hi.s32 %d, %a, %b;", (a, b, _) -> (int) (((long) a * b) >> 32));
    ints("mul.hi.u32 %d, %a, %b;", (a, b, _) -> (int) ((u(a) * u(b)) >> 32));
    ints("mad.lo.s32 %d, %a, %b, %c;", (a, b, c) -> a * b + c);
    ints("mad.hi.u32 %d, %a, %b, %c;", (a, b, c) -> (int) ((u(a) * u(b)) >> 32) + c);
    ints("mad.hi.sat.s32 %d, %a, %b, %c;", (a, b, c) -> saturated((((long) a * b) >> 32) + c));
    ints("mul24.lo.s32 %d, %a, %b;", (a, b, _) -> (a << 8 >> 8) * (b << 8 >> 8));
    ints("neg.s32 %d, %a;", (a, _, _) -> -a);
    ints("abs.s32 %d, %a;", (a, _, _) -> Math.abs(a));
    ints("sad.s32 %d, %a, %b, %c;", (a, b, c) -> c + (int) Math.abs((long) a - b));
    ints("sad.u32 %d, %a, %b, %c;", (a, b, c) -> c + (int) Math.abs(u(a) - u(b)));
  }

  @Test
  void multipliesIntoWiderRegisters() {
    widened("mul.wide.s32 %d, %a, %b;", i -> (long) A[i] * B[i]);
    widened("mul.wide.u32 %d, %a, %b;", i -> u(A[i]) * u(B[i]));
    widened("cvt.s64.s32 %u0, %c; mad.wide.s32 %d, %a, %b, %u0;", i -> (long) A[i] * B[i] + C[i]);
    ints("mul.wide.s16 %d, %ha, %hb;", (a, b, _) -> (short) a * (short) b);
    ints("mul.wide.u16 %d, %ha, %hb;", (a, b, _) -> (a & 0xffff) * (b & 0xffff));
  }

  @Test
  void dividesTruncating() {
    ints("div.s32 %d, %a, %b;", (a, b, _) -> b == 0 ? -1 : a / b);
    ints("rem.s32 %d, %a, %b;", (a, b, _) -> b == 0 ? a : a % b);
    ints("div.u32 %d, %a, %b;", (a, b, _) -> b == 0 ? -1 : Integer.divideUnsigned(a, b));
    ints("rem.u32 %d, %a, %b;", (a, b, _) -> b == 0 ? a : Integer.remainderUnsigned(a, b));
    longs("div.s64 %d, %a, %b;", (a, b, _) -> b == 0 ? -1 : a / b);
    longs("rem.u64 %d, %a, %b;", (a, b, _) -> b == 0 ? a : Long.remainderUnsigned(a, b));
  }

  @Test
  void comparesAndChooses() {
    ints("min.s32 %d, %a, %b;", (a, b, _) -> Math.min(a, b));
    ints("max.u32 %d, %a, %b;", (a, b, _) -> Integer.compareUnsigned(a, b) > 0 ? a : b);
    ints("setp.lt.s32 %p, %a, %b; selp.b32 %d, %a, %c, %p;", (a, b, c) -> a < b ? a : c);
    ints(
        "setp.hs.u32 %p, %a, %b; selp.b32 %d, 1, 0, %p;",
        (a, b, _) -> Integer.compareUnsigned(a, b) >= 0 ? 1 : 0);
    ints("setp.ge.u32 %p, %a, %b; selp.b32 %d, 1, 0, %p;", (a, b, _) -> u(a) >= u(b) ? 1 : 0);
    ints("setp.ne.s32 %p|%q, %a, %b; selp.b32 %d, 1, 0, %q;", (a, b, _) -> a == b ? 1 : 0);
    ints(
        "setp.eq.s32 %q, %a, %c; setp.gt.or.s32 %p, %a, %b, !%q; selp.b32 %d, 1, 0, %p;",
        (a, b, c) -> a > b || a != c ? 1 : 0);
    ints("set.le.u32.s32 %d, %a, %b;", (a, b, _) -> a <= b ? -1 : 0);
    ints("slct.s32.s32 %d, %a, %b, %c;", (a, b, c) -> c >= 0 ? a : b);
    ints(
        "setp.lt.s16 %p, %ha, %hb; selp.b32 %d, 1, 0, %p;",
        (a, b, _) -> (short) a < (short) b ? 1 : 0);
    narrowed("setp.gt.s64 %p, %a, %b; selp.b32 %d, 1, 0, %p;", (a, b, _) -> a > b ? 1 : 0);
    narrowed(
        "setp.lt.u64 %p, %a, %b; selp.b32 %d, 1, 0, %p;",
        (a, b, _) -> Long.compareUnsigned(a, b) < 0 ? 1 : 0);
    longs("min.u64 %d, %a, %b;", (a, b, _) -> Long.compareUnsigned(a, b) < 0 ? a : b);
    longs("max.s64 %d, %a, %b;", (a, b, _) -> Math.max(a, b));
  }

  @Test
  void computesLogic() {
    ints("and.b32 %d, %a, %b;", (a, b, _) -> a & b);
    ints("or.b32 %d, %a, %b;", (a, b, _) -> a | b);
    ints("xor.b32 %d, %a, %b;", (a, b, _) -> a ^ b);
    ints("not.b32 %d, %a;", (a, _, _) -> ~a);
    ints("cnot.b32 %d, %a;", (a, _, _) -> a == 0 ? 1 : 0);
    ints("lop3.b32 %d, %a, %b, %c, 0x96;", (a, b, c) -> a ^ b ^ c);
    ints("lop3.b32 %d, %a, %b, %c, 0xE2;", (a, b, c) -> (b & a) | (~b & c));
    longs("xor.b64 %d, %a, %b;", (a, b, _) -> a ^ b);
    longs("not.b64 %d, %a;", (a, _, _) -> ~a);
  }

  @Test
  void shifts() {
    ints("shl.b32 %d, %a, %b;", (a, b, _) -> u(b) > 31 ? 0 : a << b);
    ints("shr.u32 %d, %a, %b;", (a, b, _) -> u(b) > 31 ? 0 : a >>> b);
    ints("shr.s32 %d, %a, %b;", (a, b, _) -> a >> (u(b) > 31 ? 31 : b));
    ints(
        "shf.l.wrap.b32 %d, %a, %b, %c;",
        (a, b, c) -> (int) ((u(b) << 32 | u(a)) << (c & 31) >> 32));
    ints(
        "shf.r.clamp.b32 %d, %a, %b, %c;",
        (a, b, c) -> u(c) >= 32 ? b : (int) ((u(b) << 32 | u(a)) >>> c));
    longs("cvt.u32.u64 %t0, %b; shl.b64 %d, %a, %t0;", (a, b, _) -> u((int) b) > 63 ? 0 : a << b);
    longs(
        "cvt.u32.u64 %t0, %b; shr.s64 %d, %a, %t0;", (a, b, _) -> a >> (u((int) b) > 63 ? 63 : b));
  }

  @Test
  void countsAndFindsBits() {
    ints("popc.b32 %d, %a;", (a, _, _) -> Integer.bitCount(a));
    ints("clz.b32 %d, %a;", (a, _, _) -> Integer.numberOfLeadingZeros(a));
    ints("brev.b32 %d, %a;", (a, _, _) -> Integer.reverse(a));
    ints("bfind.u32 %d, %a;", (a, _, _) -> 31 - Integer.numberOfLeadingZeros(a));
    ints("bfind.s32 %d, %a;", (a, _, _) -> 31 - Integer.numberOfLeadingZeros(a < 0 ? ~a : a));
    ints("bfind.shiftamt.u32 %d, %a;", (a, _, _) -> a == 0 ? -1 : Integer.numberOfLeadingZeros(a));
    narrowed("popc.b64 %d, %a;", (a, _, _) -> Long.bitCount(a));
    narrowed("clz.b64 %d, %a;", (a, _, _) -> Long.numberOfLeadingZeros(a));
    longs("brev.b64 %d, %a;", (a, _, _) -> Long.reverse(a));
  }

  @Test
  void movesFields() {
    ints("bfe.u32 %d, %a, %b, %c;", (a, b, c) -> field(a, b & 255, c & 255, false));
    ints("bfe.s32 %d, %a, %b, %c;", (a, b, c) -> field(a, b & 255, c & 255, true));
    ints(
        "bfi.b32 %d, %a, %c, %b, 9;",
        (a, b, c) -> {
          int result = c;
          for (int i = 0; i < 9 && (b & 255) + i < 32; i++) {
            int at = (b & 255) + i;
            result = (result & ~(1 << at)) | bit(a, i) << at;
          }
          return result;
        });
    ints("prmt.b32 %d, %a, %b, 0x7531;", (a, b, _) -> bytes(a, b, 1, 3, 5, 7));
    ints("prmt.b32 %d, %a, %b, 0x0123;", (a, b, _) -> bytes(a, b, 3, 2, 1, 0));
    ints("prmt.b32 %d, %a, %b, 0xB9A8;", (a, _, _) -> signs(a, 0, 2, 1, 3));
    ints("bmsk.clamp.b32 %d, 4, 9;", (_, _, _) -> 0x1ff0);
  }

  /** A field bit by bit, as PTX defines it. */
  private static int field(int a, int from, int count, boolean signed) {
    int sign = signed && count > 0 ? bit(a, Math.min(from + count - 1, 31)) : 0;
    int result = 0;
    for (int i = 0; i < 32; i++) {
      int bit = i < count && from + i < 32 ? bit(a, from + i) : sign;
      result |= bit << i;
    }
    return result;
  }

  private static int bytes(int a, int b, int... choice) {
    long both = u(b) << 32 | u(a);
    int result = 0;
    for (int i = 0; i < 4; i++) {
      result |= (int) ((both >>> (8 * choice[i])) & 255) << (8 * i);
    }
    return result;
  }

  private static int signs(int a, int... choice) {
    int result = 0;
    for (int i = 0; i < 4; i++) {
      result |= (bit(a, 8 * choice[i] + 7) * 255) << (8 * i);
    }
    return result;
  }

  @Test
  void carries() {
    // The two halves of 64-bit sums, from 32-bit instructions.
    longs(
        """
        mov.b64 {%t0, %t1}, %a; mov.b64 {%t2, %t3}, %b;
        add.cc.u32 %t0, %t0, %t2; addc.u32 %t1, %t1, %t3; mov.b64 %d, {%t0, %t1};
        """,
        (a, b, _) -> a + b);
    longs(
        """
        mov.b64 {%t0, %t1}, %a; mov.b64 {%t2, %t3}, %b;
        sub.cc.u32 %t0, %t0, %t2; subc.u32 %t1, %t1, %t3; mov.b64 %d, {%t0, %t1};
        """,
        (a, b, _) -> a - b);
    longs(
        "add.cc.u64 %u0, %a, %b; addc.u64 %d, 0, 0;",
        (a, b, _) -> big(a, false).add(big(b, false)).bitLength() > 64 ? 1 : 0);
    longs(
        "sub.cc.u64 %u0, %a, %b; subc.u64 %d, 0, 0;",
        (a, b, _) -> Long.compareUnsigned(a, b) < 0 ? -1 : 0);
    // A sum of all ones, which passes a carry on but makes none.
    longs(
        "not.b64 %u1, %b; add.cc.u64 %u0, %a, -1; addc.cc.u64 %u0, %b, %u1; addc.u64 %d, 0, 0;",
        (a, _, _) -> a == 0 ? 0 : 1);
    ints(
        "mad.lo.cc.u32 %t0, %a, %b, %c; madc.hi.u32 %d, %a, %b, 0;",
        (a, b, c) -> (int) ((u(a) * u(b) + u(c)) >>> 32));
  }

  @Test
  void multipliesSixtyFourBits() {
    longs("mul.lo.s64 %d, %a, %b;", (a, b, _) -> a * b);
    longs(
        "mul.hi.s64 %d, %a, %b;",
        (a, b, _) -> big(a, true).multiply(big(b, true)).shiftRight(64).longValue());
    longs(
        "mul.hi.u64 %d, %a, %b;",
        (a, b, _) -> big(a, false).multiply(big(b, false)).shiftRight(64).longValue());
    longs("mad.lo.s64 %d, %a, %b, %c;", (a, b, c) -> a * b + c);
  }

  @Test
  void addsUpPackedProducts() {
    ints(
        "dp4a.s32.s32 %d, %a, %b, %c;",
        (a, b, c) -> {
          int sum = c;
          for (int i = 0; i < 4; i++) {
            sum += (byte) (a >> (8 * i)) * (byte) (b >> (8 * i));
          }
          return sum;
        });
    ints(
        "dp4a.u32.u32 %d, %a, %b, %c;",
        (a, b, c) -> {
          int sum = c;
          for (int i = 0; i < 4; i++) {
            sum += byteOf(a, i) * byteOf(b, i);
          }
          return sum;
        });
    ints(
        "dp2a.lo.s32.s32 %d, %a, %b, %c;",
        (a, b, c) -> c + (short) a * (byte) b + (short) (a >> 16) * (byte) (b >> 8));
    ints(
        "vabsdiff4.u32.u32.u32.add %d, %a, %b, %c;",
        (a, b, c) -> {
          int sum = c;
          for (int i = 0; i < 4; i++) {
            sum += Math.abs(byteOf(a, i) - byteOf(b, i));
          }
          return sum;
        });
  }

  @Test
  void convertsBetweenWidths() {
    ints("cvt.s32.s8 %d, %a;", (a, _, _) -> (byte) a);
    ints("cvt.u32.u8 %d, %a;", (a, _, _) -> a & 255);
    ints("cvt.s32.s16 %d, %ha;", (a, _, _) -> (short) a);
    ints("cvt.sat.u8.s32 %d, %a;", (a, _, _) -> Math.clamp(a, 0, 255));
    ints(
        "cvt.sat.s16.s32 %hd, %a; cvt.u32.u16 %d, %hd;",
        (a, _, _) -> Math.clamp(a, -32768, 32767) & 0xffff);
    widened("cvt.s64.s32 %d, %a;", i -> A[i]);
    widened("cvt.u64.u32 %d, %a;", i -> u(A[i]));
    narrowed("cvt.u32.u64 %d, %a;", (a, _, _) -> a);
    narrowed(
        "cvt.sat.s32.s64 %d, %a;",
        (a, _, _) -> Math.clamp(a, Integer.MIN_VALUE, Integer.MAX_VALUE));
  }

  @Test
  void wrapsSixteenBits() {
    ints("add.s16 %hd, %ha, %hb; cvt.u32.u16 %d, %hd;", (a, b, _) -> (a + b) & 0xffff);
    ints("mul.lo.s16 %hd, %ha, %hb; cvt.u32.u16 %d, %hd;", (a, b, _) -> (a * b) & 0xffff);
    ints(
        "mul.hi.u16 %hd, %ha, %hb; cvt.u32.u16 %d, %hd;",
        (a, b, _) -> (int) (((a & 0xffffL) * (b & 0xffff)) >> 16));
    ints("not.b16 %hd, %ha; cvt.u32.u16 %d, %hd;", (a, _, _) -> ~a & 0xffff);
    ints("shr.s16 %hd, %ha, 3; cvt.s32.s16 %d, %hd;", (a, _, _) -> (short) a >> 3);
    ints("mov.b32 %d, {%hb, %ha};", (a, b, _) -> (a << 16) | (b & 0xffff));
    ints("mov.b32 {%hc, %hd}, %a; cvt.u32.u16 %d, %hd;", (a, _, _) -> a >>> 16);
  }

  @Test
  void leavesRegistersOfLanesItsGuardExcludes() {
    ints(
        "mov.u32 %d, %c; setp.lt.s32 %p, %a, %b; @%p add.s32 %d, %d, 1; @!%p sub.s32 %d, %d, 1;",
        (a, b, c) -> a < b ? c + 1 : c - 1);
  }
}
