package dev.multibox.weights;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;

/**
 * Writes safetensors files, as {@link WholeFile} writes.
 *
 * <p>Tensors lie in the file with the largest element type first, otherwise in the order given,
 * behind a header padded with spaces to a multiple of eight bytes: every element is aligned.
 */
public final class SafetensorsWriter {
  private static final JsonMapper JSON = new JsonMapper();

  private SafetensorsWriter() {}

  /**
   * Writes {@code tensors}, replacing a file of this name.
   *
   * @throws IllegalArgumentException if a tensor is named {@code __metadata__}, or the header would
   *     be longer than the format allows
   * @throws IOException if the file cannot be written; one that was there before is left as it was
   */
  public static void write(
      Path file, Map<String, String> metadata, Map<String, StoredTensor> tensors)
      throws IOException {
    List<Map.Entry<String, StoredTensor>> inOrder =
        tensors.entrySet().stream()
            .sorted(Comparator.comparingInt(entry -> -entry.getValue().type().bytes()))
            .toList();
    byte[] header = header(metadata, inOrder);
    WholeFile.write(
        file,
        channel -> {
          ByteBuffer length =
              ByteBuffer.allocate(SafetensorsFile.LENGTH_BYTES).order(ByteOrder.LITTLE_ENDIAN);
          WholeFile.writeFully(channel, length.putLong(header.length).flip());
          WholeFile.writeFully(channel, ByteBuffer.wrap(header));
          for (Map.Entry<String, StoredTensor> entry : inOrder) {
            WholeFile.writeFully(channel, entry.getValue().data());
          }
        });
  }

  private static byte[] header(
      Map<String, String> metadata, List<Map.Entry<String, StoredTensor>> tensors)
      throws IOException {
    ObjectNode root = JSON.createObjectNode();
    if (!metadata.isEmpty()) {
      ObjectNode texts = root.putObject(SafetensorsHeader.METADATA);
      metadata.forEach(texts::put);
    }
    long end = 0;
    for (Map.Entry<String, StoredTensor> entry : tensors) {
      if (entry.getKey().equals(SafetensorsHeader.METADATA)) {
        throw new IllegalArgumentException(
            "safetensors: a tensor was named __metadata__, wanted any other name");
      }
      StoredTensor tensor = entry.getValue();
      ObjectNode fields = root.putObject(entry.getKey()).put("dtype", tensor.type().name());
      ArrayNode shape = fields.putArray("shape");
      for (long dim : tensor.shape().dims()) {
        shape.add(dim);
      }
      long begin = end;
      end = Math.addExact(begin, tensor.data().byteSize());
      fields.putArray("data_offsets").add(begin).add(end);
    }
    return padded(JSON.writeValueAsString(root).getBytes(StandardCharsets.UTF_8));
  }

  private static byte[] padded(byte[] json) {
    byte[] header = Arrays.copyOf(json, Math.ceilDiv(json.length, 8) * 8);
    Arrays.fill(header, json.length, header.length, (byte) ' ');
    if (header.length > SafetensorsFile.MAX_HEADER_BYTES) {
      throw new IllegalArgumentException(
          "safetensors: the header was %d bytes, wanted at most %d"
              .formatted(header.length, SafetensorsFile.MAX_HEADER_BYTES));
    }
    return header;
  }
}
