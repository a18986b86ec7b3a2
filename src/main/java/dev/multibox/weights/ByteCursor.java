package dev.multibox.weights;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_DOUBLE_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_SHORT_UNALIGNED;
import static java.nio.ByteOrder.BIG_ENDIAN;
import static java.nio.ByteOrder.LITTLE_ENDIAN;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/**
 * Reads part of a mapped file from front to back. Every method refuses, with an {@link
 * IOException}, what would lie behind its end; none takes memory before it knows that the bytes are
 * there.
 */
final class ByteCursor {
  private static final ValueLayout.OfShort SHORT = JAVA_SHORT_UNALIGNED.withOrder(LITTLE_ENDIAN);
  private static final ValueLayout.OfInt INT = JAVA_INT_UNALIGNED.withOrder(LITTLE_ENDIAN);
  private static final ValueLayout.OfLong LONG = JAVA_LONG_UNALIGNED.withOrder(LITTLE_ENDIAN);
  private static final ValueLayout.OfDouble DOUBLE = JAVA_DOUBLE_UNALIGNED.withOrder(BIG_ENDIAN);

  private final Path path;
  private final MemorySegment bytes;
  private long position;

  /**
   * @param path the file, for messages
   * @param bytes what is read of it
   */
  ByteCursor(Path path, MemorySegment bytes) {
    this.path = path;
    this.bytes = bytes;
  }

  Path path() {
    return path;
  }

  long remaining() {
    return bytes.byteSize() - position;
  }

  int unsignedByte() throws IOException {
    return Byte.toUnsignedInt(bytes.get(JAVA_BYTE, advance(Byte.BYTES)));
  }

  int unsignedShort() throws IOException {
    return Short.toUnsignedInt(bytes.get(SHORT, advance(Short.BYTES)));
  }

  int signedInt() throws IOException {
    return bytes.get(INT, advance(Integer.BYTES));
  }

  long unsignedInt() throws IOException {
    return Integer.toUnsignedLong(signedInt());
  }

  long signedLong() throws IOException {
    return bytes.get(LONG, advance(Long.BYTES));
  }

  double bigEndianDouble() throws IOException {
    return bytes.get(DOUBLE, advance(Double.BYTES));
  }

  /** The next {@code length} bytes, where they lie. */
  MemorySegment segment(long length) throws IOException {
    return bytes.asSlice(advance(length), length);
  }

  /** The next {@code length} bytes, copied. */
  byte[] array(long length) throws IOException {
    MemorySegment part = segment(length);
    if (length > Integer.MAX_VALUE - 8) {
      throw Refusal.damaged(path, "has a value of %d bytes in its pickle", length);
    }
    return part.toArray(JAVA_BYTE);
  }

  /** The next {@code length} bytes as UTF-8. */
  String utf8(long length) throws IOException {
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(array(length))).toString();
    } catch (CharacterCodingException _) {
      throw Refusal.damaged(path, "has a text in its pickle that is not UTF-8");
    }
  }

  /** What stands before the next line feed, which is read too. */
  String line() throws IOException {
    long end = position;
    while (end < bytes.byteSize() && bytes.get(JAVA_BYTE, end) != '\n') {
      end++;
    }
    String line = utf8(end - position);
    advance(1);
    return line;
  }

  private long advance(long length) throws IOException {
    if (length < 0 || length > remaining()) {
      throw Refusal.damaged(
          path, "ends at byte %d of its pickle, in the middle of a value", bytes.byteSize());
    }
    long from = position;
    position += length;
    return from;
  }
}
