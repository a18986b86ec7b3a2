package dev.multibox.weights;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/**
 * A message of protocol buffers, field by field in the order they are put, in the wire format of <a
 * href="https://protobuf.dev/programming-guides/encoding/">protobuf.dev</a>. Fields go by their
 * numbers; nothing is generated. (Google's own library reads memory in a way that makes Java 25
 * print warnings.)
 */
public final class ProtobufMessage {
  // Wire types.
  private static final int VARINT = 0;
  private static final int FIXED64 = 1;
  private static final int LENGTH_DELIMITED = 2;
  private static final int FIXED32 = 5;

  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

  /** Puts a field of type int32, int64, uint32, uint64, bool or an enum. */
  public ProtobufMessage integer(int field, long value) {
    tag(field, VARINT);
    varint(value);
    return this;
  }

  /** Puts a field of type float. */
  public ProtobufMessage float32(int field, float value) {
    tag(field, FIXED32);
    bytes.writeBytes(
        ByteBuffer.allocate(Float.BYTES).order(ByteOrder.LITTLE_ENDIAN).putFloat(value).array());
    return this;
  }

  /** Puts a field of type double. */
  public ProtobufMessage float64(int field, double value) {
    tag(field, FIXED64);
    bytes.writeBytes(
        ByteBuffer.allocate(Double.BYTES).order(ByteOrder.LITTLE_ENDIAN).putDouble(value).array());
    return this;
  }

  /** Puts a field of type string. */
  public ProtobufMessage text(int field, String value) {
    return bytes(field, value.getBytes(StandardCharsets.UTF_8));
  }

  /** Puts a field that is a message, as it is now. */
  public ProtobufMessage message(int field, ProtobufMessage value) {
    return bytes(field, value.bytes());
  }

  /** Puts a field of type bytes. */
  public ProtobufMessage bytes(int field, byte[] value) {
    tag(field, LENGTH_DELIMITED);
    varint(value.length);
    bytes.writeBytes(value);
    return this;
  }

  /** The message so far. */
  public byte[] bytes() {
    return bytes.toByteArray();
  }

  private void tag(int field, int wireType) {
    varint((long) field << 3 | wireType);
  }

  /** Seven bits a byte, the lowest first; the high bit says that more follow. */
  private void varint(long value) {
    long rest = value;
    while ((rest & ~0x7FL) != 0) {
      bytes.write((int) ((rest & 0x7F) | 0x80));
      rest >>>= 7;
    }
    bytes.write((int) rest);
  }
}
