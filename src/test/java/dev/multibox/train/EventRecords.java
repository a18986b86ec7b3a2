package dev.multibox.train;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Reads TensorFlow's record files and holds every length and checksum to its definition. */
final class EventRecords {
  private EventRecords() {}

  /** The contents of the records, with nothing left over behind the last. */
  static List<byte[]> read(Path file) throws IOException {
    ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
    List<byte[]> records = new ArrayList<>();
    while (bytes.hasRemaining()) {
      byte[] length = new byte[8];
      bytes.get(length);
      assertThat(bytes.getInt()).isEqualTo(masked(length));
      byte[] content =
          new byte
              [Math.toIntExact(ByteBuffer.wrap(length).order(ByteOrder.LITTLE_ENDIAN).getLong())];
      bytes.get(content);
      assertThat(bytes.getInt()).isEqualTo(masked(content));
      records.add(content);
    }
    return records;
  }

  /**
   * {@code ((crc >> 15) | (crc << 17)) + 0xa282ead8}, as tensorflow/core/lib/hash/crc32c.h says.
   */
  private static int masked(byte[] bytes) {
    int crc = crc32c(bytes);
    return ((crc >>> 15) | (crc << 17)) + 0xa282ead8;
  }

  /** Castagnoli's polynomial, bit by bit. */
  static int crc32c(byte[] bytes) {
    int crc = -1;
    for (byte value : bytes) {
      crc ^= value & 0xFF;
      for (int bit = 0; bit < 8; bit++) {
        crc = (crc >>> 1) ^ (0x82F63B78 & -(crc & 1));
      }
    }
    return ~crc;
  }
}
