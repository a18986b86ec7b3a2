package dev.multibox.train;

import dev.multibox.weights.StoredTensor;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.TreeMap;
import java.util.zip.CRC32C;

/**
 * CRC-32C of everything in a weight file that means something: the metadata, and each tensor's
 * name, type, shape and bytes, both in the order of their names. So it stays the same when a file
 * is written with its tensors in another order.
 */
final class ContentChecksum {
  /** A buffer has at most 2^31 - 1 bytes. */
  private static final long CHUNK_BYTES = 1 << 30;

  private ContentChecksum() {}

  /** Eight hexadecimal digits. */
  static String of(Map<String, String> metadata, Map<String, StoredTensor> tensors) {
    CRC32C checksum = new CRC32C();
    new TreeMap<>(metadata).forEach((key, value) -> update(checksum, key + "=" + value));
    new TreeMap<>(tensors)
        .forEach((name, tensor) -> {
          update(checksum, name + " " + tensor);
          update(checksum, tensor.data());
        });
    return "%08x".formatted(checksum.getValue());
  }

  private static void update(CRC32C checksum, String text) {
    checksum.update(text.getBytes(StandardCharsets.UTF_8));
    checksum.update('\n');
  }

  private static void update(CRC32C checksum, MemorySegment data) {
    for (long from = 0; from < data.byteSize(); from += CHUNK_BYTES) {
      long bytes = Math.min(CHUNK_BYTES, data.byteSize() - from);
      checksum.update(data.asSlice(from, bytes).asByteBuffer());
    }
  }
}
