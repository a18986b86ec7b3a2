package dev.multibox.backend.cuda.sim.memory;

import dev.multibox.backend.cuda.sim.report.Site;

/**
 * A load, a store or an atomic operation, as far as memory is concerned.
 *
 * @param bytes what each lane touches: 1, 2, 4, 8 or 16
 * @param strength against whom it may race
 * @param readOnly whether it is {@code ld.global.nc}
 */
public record Access(
    Site site, int bytes, boolean reads, boolean writes, Strength strength, boolean readOnly) {
  /** What concurrent accesses an access may meet without a race, if they are as strong. */
  public enum Strength {
    /** None. */
    WEAK(0),
    /** Those of other blocks, and stronger ones; a warp's own lanes stay unordered. */
    VOLATILE(1 << 29),
    /** Those of the same block: atomic operations of scope {@code .cta}. */
    BLOCK(1 << 30),
    /** All of them: atomic operations. */
    DEVICE(1 << 31 | 1 << 30 | 1 << 29);

    final int flags;

    Strength(int flags) {
      this.flags = flags;
    }
  }

  private static final int READ_ONLY = 1 << 28;
  private static final int SITE_MASK = READ_ONLY - 1;

  /** The site, the strength and whether it is read-only, as a cell keeps them. */
  int tag() {
    return (site.id() & SITE_MASK) | strength.flags | (readOnly ? READ_ONLY : 0);
  }

  static boolean isReadOnly(int tag) {
    return (tag & READ_ONLY) != 0;
  }

  static int siteOf(int tag) {
    return tag & SITE_MASK;
  }

  /** Whether two accesses of one block are both strong enough to meet. */
  static boolean mayMeetInBlock(int tagA, int tagB) {
    boolean oneAtomic = ((tagA | tagB) & Strength.BLOCK.flags) != 0;
    int strong = Strength.BLOCK.flags | Strength.VOLATILE.flags;
    return oneAtomic && (tagA & strong) != 0 && (tagB & strong) != 0;
  }

  /** Whether two accesses of different blocks are both strong enough to meet. */
  static boolean mayMeetAcrossBlocks(int tagA, int tagB) {
    return (tagA & tagB & Strength.VOLATILE.flags) != 0;
  }

  /** Whether it is an atomic operation. */
  boolean isAtomic() {
    return reads && writes;
  }

  boolean isStrong() {
    return strength != Strength.WEAK;
  }
}
