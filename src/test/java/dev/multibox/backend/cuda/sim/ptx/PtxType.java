package dev.multibox.backend.cuda.sim.ptx;

import java.util.Locale;

/** The fundamental types of PTX, and the packed pairs of F16. */
public enum PtxType {
  PRED(1),
  B8(8),
  B16(16),
  B32(32),
  B64(64),
  U8(8),
  U16(16),
  U32(32),
  U64(64),
  S8(8),
  S16(16),
  S32(32),
  S64(64),
  F16(16),
  F16X2(32),
  BF16(16),
  BF16X2(32),
  F32(32),
  F64(64);

  private final int bits;

  PtxType(int bits) {
    this.bits = bits;
  }

  /** The type written as {@code .suffix}, or an exception that names it. */
  public static PtxType of(String suffix) {
    try {
      return valueOf(suffix.toUpperCase(Locale.ROOT));
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException("the type .%s is not simulated".formatted(suffix), e);
    }
  }

  /** Whether {@code suffix}, without its dot, names a type. */
  public static boolean isType(String suffix) {
    for (PtxType type : values()) {
      if (type.suffix().equals(suffix)) {
        return true;
      }
    }
    return false;
  }

  public String suffix() {
    return name().toLowerCase(Locale.ROOT);
  }

  public int bits() {
    return bits;
  }

  /** The bytes in memory. */
  public int bytes() {
    return Math.max(bits / 8, 1);
  }

  public boolean isWide() {
    return bits == 64;
  }

  public boolean isSigned() {
    return this == S8 || this == S16 || this == S32 || this == S64;
  }

  public boolean isInteger() {
    return !isFloat() && this != PRED;
  }

  public boolean isFloat() {
    return switch (this) {
      case F16, F16X2, BF16, BF16X2, F32, F64 -> true;
      default -> false;
    };
  }
}
