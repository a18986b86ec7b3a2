package dev.multibox.backend.cuda.sim.memory;

/** What is known about one byte of memory; zero where nothing was ever allocated. */
final class ByteState {
  /** It may be written. */
  static final int WRITABLE = 1;

  /** Somebody wrote it, so it may be read. */
  static final int WRITTEN = 2;

  /** It was allocated once and is no longer. */
  static final int FREED = 4;

  /** Four bytes that may be written. */
  static final int WORD_WRITABLE = 0x0101_0101 * WRITABLE;

  /** Four bytes that somebody wrote. */
  static final int WORD_WRITTEN = 0x0101_0101 * WRITTEN;

  private static final long EVERY_BYTE = 0x0101_0101_0101_0101L;

  private ByteState() {}

  /** Whether each of the {@code bytes} states from {@code state} on has {@code bit} set. */
  static boolean all(long state, int bytes, int bit) {
    return switch (bytes) {
      case 1 -> (Raw.getByte(state) & bit) != 0;
      case 2 -> (Raw.getShort(state) & bit * 0x0101) == bit * 0x0101;
      case 4 -> (Raw.getInt(state) & bit * 0x0101_0101) == bit * 0x0101_0101;
      case 8 -> (Raw.getLong(state) & bit * EVERY_BYTE) == bit * EVERY_BYTE;
      default -> all(state, 8, bit) && all(state + 8, bytes - 8, bit);
    };
  }

  /** Whether one of the states has {@code bit} set. */
  static boolean any(long state, int bytes, int bit) {
    for (int i = 0; i < bytes; i++) {
      if ((Raw.getByte(state + i) & bit) != 0) {
        return true;
      }
    }
    return false;
  }

  /** Marks bytes that may be written as written. */
  static void setWritten(long state, int bytes) {
    int both = WRITABLE | WRITTEN;
    switch (bytes) {
      case 1 -> Raw.putByte(state, (byte) both);
      case 2 -> Raw.putShort(state, (short) (both * 0x0101));
      case 4 -> Raw.putInt(state, both * 0x0101_0101);
      case 8 -> Raw.putLong(state, both * EVERY_BYTE);
      default -> {
        setWritten(state, 8);
        setWritten(state + 8, bytes - 8);
      }
    }
  }
}
