package dev.multibox.weights;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

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

  /** What comes before {@link #bytes}: data that is written from where it lies. */
  private final List<MemorySegment> parts = new ArrayList<>();

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
    tag(field, LENGTH_DELIMITED);
    varint(value.size());
    return fields(value);
  }

  /** Puts the fields of another message, as they are now. */
  public ProtobufMessage fields(ProtobufMessage other) {
    other.parts.forEach(this::append);
    bytes.writeBytes(other.bytes.toByteArray());
    return this;
  }

  /** Puts a field of type bytes. */
  public ProtobufMessage bytes(int field, byte[] value) {
    tag(field, LENGTH_DELIMITED);
    varint(value.length);
    bytes.writeBytes(value);
    return this;
  }

  /**
   * Puts a field of type bytes that may be large: it is not copied, but read when it is written.
   */
  public ProtobufMessage bytes(int field, MemorySegment value) {
    tag(field, LENGTH_DELIMITED);
    varint(value.byteSize());
    append(value);
    return this;
  }

  private void append(MemorySegment part) {
    parts.add(MemorySegment.ofArray(bytes.toByteArray()));
    bytes.reset();
    parts.add(part);
  }

  /** The length of the message so far. */
  public long size() {
    return parts.stream().mapToLong(MemorySegment::byteSize).sum() + bytes.size();
  }

  /** The message so far. */
  public byte[] bytes() {
    if (parts.isEmpty()) {
      return bytes.toByteArray();
    }
    ByteArrayOutputStream all = new ByteArrayOutputStream(Math.toIntExact(size()));
    parts.forEach(part -> all.writeBytes(part.toArray(ValueLayout.JAVA_BYTE)));
    all.writeBytes(bytes.toByteArray());
    return all.toByteArray();
  }

  /** Writes the message so far. */
  public void writeTo(FileChannel channel) throws IOException {
    for (MemorySegment part : parts) {
      WholeFile.writeFully(channel, part);
    }
    WholeFile.writeFully(channel, ByteBuffer.wrap(bytes.toByteArray()));
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
