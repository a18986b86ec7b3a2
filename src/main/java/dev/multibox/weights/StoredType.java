package dev.multibox.weights;

import dev.multibox.tensor.DType;
import java.util.Optional;

/**
 * The element types of weight files, under the names safetensors gives them. Those without a {@link
 * DType} are only stored: they are kept byte for byte, or converted before anything is computed.
 */
public enum StoredType {
  /** IEEE 754 binary64. */
  F64(8),
  /** IEEE 754 binary32. */
  F32(4),
  /** IEEE 754 binary16. */
  F16(2),
  /** The upper half of a binary32. */
  BF16(2),
  /** Two's complement, 64 bits. */
  I64(8),
  /** Two's complement, 32 bits. */
  I32(4),
  /** Two's complement, 16 bits. */
  I16(2),
  /** Two's complement, 8 bits. */
  I8(1),
  /** Unsigned bytes. */
  U8(1),
  /** One byte each, 0 or 1. */
  BOOL(1);

  private final int bytes;

  StoredType(int bytes) {
    this.bytes = bytes;
  }

  /** The size of one element in bytes. */
  public int bytes() {
    return bytes;
  }

  /** Whether elements are floating-point numbers, as weights are. */
  public boolean isFloatingPoint() {
    return switch (this) {
      case F64, F32, F16, BF16 -> true;
      case I64, I32, I16, I8, U8, BOOL -> false;
    };
  }

  /** The type in which tensors of type {@code dtype} are stored. */
  public static StoredType of(DType dtype) {
    return switch (dtype) {
      case F32 -> F32;
      case F16 -> F16;
      case I32 -> I32;
      case U8 -> U8;
    };
  }

  /** The type such elements are computed with as they stand; empty if they are only stored. */
  public Optional<DType> dtype() {
    return switch (this) {
      case F32 -> Optional.of(DType.F32);
      case F16 -> Optional.of(DType.F16);
      case I32 -> Optional.of(DType.I32);
      case U8 -> Optional.of(DType.U8);
      case F64, BF16, I64, I16, I8, BOOL -> Optional.empty();
    };
  }
}
