package dev.multibox.backend.cuda.sim.instruction;

/** Fields of bits in a {@code long}. */
final class Bits {
  private Bits() {}

  /** As many ones from bit 0 on, up to 64. */
  static long ones(int count) {
    return count == 0 ? 0 : -1L >>> (Long.SIZE - count);
  }

  /** The field of {@code count} bits from bit {@code from} on. */
  static long field(long bits, int from, int count) {
    return (bits >>> from) & ones(count);
  }

  /** {@code a} where {@code mask} has ones, else {@code b}. */
  static long select(long mask, long a, long b) {
    return (a & mask) | (b & ~mask);
  }

  /** {@code a} where {@code mask} has ones, else {@code b}. */
  static int select(int mask, int a, int b) {
    return (a & mask) | (b & ~mask);
  }
}
