package dev.multibox.backend.cuda.sim.memory;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_SHORT_UNALIGNED;

import java.lang.foreign.MemorySegment;

/**
 * Memory outside of the heap by address. One segment over everything, in a constant, costs no
 * bounds or liveness check once compiled; the callers have checked.
 */
@SuppressWarnings("restricted")
public final class Raw {
  private static final MemorySegment ALL = MemorySegment.NULL.reinterpret(Long.MAX_VALUE);

  private Raw() {}

  public static byte getByte(long address) {
    return ALL.get(JAVA_BYTE, address);
  }

  public static short getShort(long address) {
    return ALL.get(JAVA_SHORT_UNALIGNED, address);
  }

  public static int getInt(long address) {
    return ALL.get(JAVA_INT_UNALIGNED, address);
  }

  public static long getLong(long address) {
    return ALL.get(JAVA_LONG_UNALIGNED, address);
  }

  public static void putByte(long address, byte value) {
    ALL.set(JAVA_BYTE, address, value);
  }

  public static void putShort(long address, short value) {
    ALL.set(JAVA_SHORT_UNALIGNED, address, value);
  }

  public static void putInt(long address, int value) {
    ALL.set(JAVA_INT_UNALIGNED, address, value);
  }

  public static void putLong(long address, long value) {
    ALL.set(JAVA_LONG_UNALIGNED, address, value);
  }

  /** The unsigned integer of {@code bytes} bytes, up to 8. */
  public static long get(long address, int bytes) {
    return switch (bytes) {
      case 1 -> getByte(address) & 0xffL;
      case 2 -> getShort(address) & 0xffffL;
      case 4 -> getInt(address) & 0xffff_ffffL;
      default -> getLong(address);
    };
  }

  /** Stores the low {@code bytes} bytes of {@code value}, up to 8. */
  public static void put(long address, int bytes, long value) {
    switch (bytes) {
      case 1 -> putByte(address, (byte) value);
      case 2 -> putShort(address, (short) value);
      case 4 -> putInt(address, (int) value);
      default -> putLong(address, value);
    }
  }

  public static void fill(long address, long bytes, byte value) {
    segment(address, bytes).fill(value);
  }

  public static void copy(long source, long target, long bytes) {
    MemorySegment.copy(segment(source, bytes), 0, segment(target, bytes), 0, bytes);
  }

  /** A view on {@code bytes} bytes from {@code address} on. */
  public static MemorySegment segment(long address, long bytes) {
    return ALL.asSlice(address, bytes);
  }
}
