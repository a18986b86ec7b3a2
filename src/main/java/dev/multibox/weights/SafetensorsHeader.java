package dev.multibox.weights;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.multibox.tensor.Shape;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;

/** The JSON at the start of a safetensors file, checked against the rules of the format. */
final class SafetensorsHeader {
  static final String METADATA = "__metadata__";

  private static final String DAMAGED = "the file is damaged: download or save it again";
  private static final JsonMapper JSON =
      JsonMapper.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  /** Where one tensor lies: bytes {@code begin} to {@code end} behind the header. */
  record Entry(StoredType type, Shape shape, long begin, long end) {}

  private final Path path;
  private final Map<String, String> metadata = new LinkedHashMap<>();
  private final SequencedMap<String, Entry> entries = new LinkedHashMap<>();

  private SafetensorsHeader(Path path) {
    this.path = path;
  }

  static SafetensorsHeader parse(Path path, byte[] bytes) throws IOException {
    SafetensorsHeader header = new SafetensorsHeader(path);
    for (Map.Entry<String, JsonNode> field : header.readJson(bytes).properties()) {
      if (field.getKey().equals(METADATA)) {
        header.readMetadata(field.getValue());
      } else {
        header.entries.put(field.getKey(), header.readEntry(field.getKey(), field.getValue()));
      }
    }
    return header;
  }

  Map<String, String> metadata() {
    return Collections.unmodifiableMap(metadata);
  }

  SequencedMap<String, Entry> entries() {
    return entries;
  }

  /** Refuses data that some bytes belong to no tensor of, or to two. */
  void requireGapless(long dataBytes) throws IOException {
    List<Map.Entry<String, Entry>> inOrder =
        entries.entrySet().stream()
            .sorted(
                Map.Entry.comparingByValue(
                    Comparator.comparingLong(Entry::begin).thenComparingLong(Entry::end)))
            .toList();
    long end = 0;
    for (Map.Entry<String, Entry> next : inOrder) {
      Entry entry = next.getValue();
      if (entry.begin() != end) {
        throw refusal(
            next.getKey(),
            "begins at byte %d of the data, where the tensors before it end at %d"
                .formatted(entry.begin(), end),
            DAMAGED);
      }
      if (entry.end() > dataBytes) {
        throw refusal(
            next.getKey(),
            "ends at byte %d of the data, but the file holds %d".formatted(entry.end(), dataBytes),
            "it is cut off: download or save it again");
      }
      end = entry.end();
    }
    if (end != dataBytes) {
      throw new IOException(
          "%s: holds %d bytes behind its last tensor; %s"
              .formatted(path, dataBytes - end, DAMAGED));
    }
  }

  private JsonNode readJson(byte[] bytes) throws IOException {
    String text;
    try {
      text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
    } catch (CharacterCodingException _) {
      throw new IOException("%s: its header is not UTF-8; is it safetensors?".formatted(path));
    }
    if (!text.startsWith("{")) {
      throw new IOException(
          "%s: its header does not begin with {; is it safetensors?".formatted(path));
    }
    try {
      return JSON.readTree(text);
    } catch (JsonProcessingException e) {
      throw new IOException(
          "%s: its header is not valid JSON (%s); %s"
              .formatted(path, e.getOriginalMessage(), DAMAGED),
          e);
    }
  }

  private void readMetadata(JsonNode node) throws IOException {
    if (!node.isObject()) {
      throw new IOException("%s: %s is no object; %s".formatted(path, METADATA, DAMAGED));
    }
    for (Map.Entry<String, JsonNode> field : node.properties()) {
      if (!field.getValue().isTextual()) {
        throw new IOException(
            "%s: the metadata \"%s\" is no string; save it as one".formatted(path, field.getKey()));
      }
      metadata.put(field.getKey(), field.getValue().textValue());
    }
  }

  private Entry readEntry(String name, JsonNode node) throws IOException {
    StoredType type = type(name, node.path("dtype"));
    Shape shape = shape(name, node.path("shape"));
    long[] offsets = naturals(name, "data_offsets", node.path("data_offsets"));
    if (offsets.length != 2 || offsets[0] > offsets[1]) {
      throw refusal(
          name,
          "data_offsets was %s, wanted a begin and an end".formatted(Arrays.toString(offsets)),
          DAMAGED);
    }
    long needed = bytes(name, type, shape);
    if (offsets[1] - offsets[0] != needed) {
      throw refusal(
          name,
          "%s %s needs %d bytes, data_offsets give it %d"
              .formatted(shape, type, needed, offsets[1] - offsets[0]),
          DAMAGED);
    }
    return new Entry(type, shape, offsets[0], offsets[1]);
  }

  private StoredType type(String name, JsonNode node) throws IOException {
    for (StoredType type : StoredType.values()) {
      if (type.name().equals(node.asText())) {
        return type;
      }
    }
    throw refusal(
        name,
        "dtype was %s, wanted one of %s".formatted(node, Arrays.toString(StoredType.values())),
        "convert the tensor where it was made");
  }

  private Shape shape(String name, JsonNode node) throws IOException {
    long[] dims = naturals(name, "shape", node);
    try {
      return Shape.of(dims);
    } catch (ArithmeticException _) {
      throw refusal(name, "shape %s overflows".formatted(Arrays.toString(dims)), DAMAGED);
    }
  }

  private long bytes(String name, StoredType type, Shape shape) throws IOException {
    try {
      return Math.multiplyExact(shape.size(), type.bytes());
    } catch (ArithmeticException _) {
      throw refusal(name, "%s %s overflows".formatted(shape, type), DAMAGED);
    }
  }

  private long[] naturals(String name, String field, JsonNode node) throws IOException {
    boolean natural = node.isArray();
    for (JsonNode element : node) {
      natural &= element.isIntegralNumber() && element.canConvertToLong() && element.asLong() >= 0;
    }
    if (!natural) {
      throw refusal(
          name, "%s was %s, wanted a list of whole numbers".formatted(field, node), DAMAGED);
    }
    long[] values = new long[node.size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = node.get(i).asLong();
    }
    return values;
  }

  private IOException refusal(String tensor, String what, String remedy) {
    return new IOException("%s: tensor \"%s\": %s; %s".formatted(path, tensor, what, remedy));
  }
}
