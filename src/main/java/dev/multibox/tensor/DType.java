package dev.multibox.tensor;

import java.util.Locale;

/** The element types that are computed with. Files may hold more; they are converted on load. */
public enum DType {
  /** IEEE 754 binary32. */
  F32(4),
  /** IEEE 754 binary16: storage only, arithmetic is in F32. */
  F16(2),
  /** Two's complement 32-bit integers: labels, indices, counts and flags. */
  I32(4),
  /** Unsigned bytes: images, pooling arg-max and bit masks. */
  U8(1);

  private final int bytes;

  DType(int bytes) {
    this.bytes = bytes;
  }

  /** The size of one element in bytes. */
  public int bytes() {
    return bytes;
  }

  /** The suffix of kernel names, for example {@code f32}. */
  public String suffix() {
    return name().toLowerCase(Locale.ROOT);
  }
}
