package dev.multibox;

import static java.lang.foreign.ValueLayout.JAVA_DOUBLE_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.multibox.tensor.Shape;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;

/**
 * Answers of PyTorch, torchvision and pycocotools, in the folder that {@code -Dmultibox.golden}
 * names. A reader of its own, so that nothing it checks is used to read what it is checked against.
 */
public final class Golden {
  private static final JsonMapper JSON = new JsonMapper();
  private static final Path OWN = Path.of("src/test/resources/golden");

  private final String name;
  private final JsonNode header;
  private final JsonNode metadata;
  private final MemorySegment data;

  private Golden(String name, JsonNode header, MemorySegment data) {
    this.name = name;
    this.header = header;
    this.metadata = header.path("__metadata__");
    this.data = data;
  }

  /** The folder the vectors lie in. */
  public static Path folder() {
    return Path.of(System.getProperty("multibox.golden", OWN.toString()));
  }

  /** All files that match {@code glob}, at least one. */
  public static List<Path> files(String glob) {
    List<Path> files = new ArrayList<>();
    try (DirectoryStream<Path> found = Files.newDirectoryStream(folder(), glob)) {
      found.forEach(files::add);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    if (files.isEmpty()) {
      throw new IllegalStateException("no " + glob + " in " + folder());
    }
    return files;
  }

  /** A file of tensors, for example {@code 03_matching.safetensors}. */
  public static Golden open(String fileName) {
    return open(folder(), fileName);
  }

  /** A file that a script of this project makes, which other sets of vectors need not have. */
  public static Golden openOwn(String fileName) {
    return open(Files.exists(folder().resolve(fileName)) ? folder() : OWN, fileName);
  }

  private static Golden open(Path folder, String fileName) {
    try {
      byte[] bytes = Files.readAllBytes(folder.resolve(fileName));
      MemorySegment file = MemorySegment.ofArray(bytes);
      int length = Math.toIntExact(file.get(JAVA_LONG_UNALIGNED, 0));
      JsonNode header = JSON.readTree(new String(bytes, 8, length, StandardCharsets.UTF_8));
      return new Golden(fileName, header, file.asSlice(8L + length));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A file of JSON, for example {@code 08_voc_input.json}. */
  public static JsonNode json(String fileName) {
    try {
      return JSON.readTree(folder().resolve(fileName).toFile());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The JSON that the metadata {@code key} holds as a string: lists of cases and parameters. */
  public JsonNode metadata(String key) {
    try {
      return JSON.readTree(metadata.path(key).asText("null"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The metadata {@code key} as it stands. */
  public String text(String key) {
    return metadata.path(key).asText("");
  }

  /** The names of all tensors. */
  public Iterable<String> names() {
    return () -> {
      Iterator<Map.Entry<String, JsonNode>> all = header.properties().iterator();
      return java.util.stream.StreamSupport.stream(
              ((Iterable<Map.Entry<String, JsonNode>>) () -> all).spliterator(), false)
          .map(Map.Entry::getKey)
          .filter(key -> !key.equals("__metadata__"))
          .iterator();
    };
  }

  public boolean has(String tensor) {
    return header.has(tensor);
  }

  public Shape shape(String tensor) {
    JsonNode dims = entry(tensor).path("shape");
    long[] extents = new long[dims.size()];
    for (int i = 0; i < extents.length; i++) {
      extents[i] = dims.get(i).asLong();
    }
    return Shape.of(extents);
  }

  public float[] floats(String tensor) {
    return bytes(tensor, "F32").toArray(JAVA_FLOAT_UNALIGNED);
  }

  public int[] ints(String tensor) {
    return bytes(tensor, "I32").toArray(JAVA_INT_UNALIGNED);
  }

  public double[] doubles(String tensor) {
    return bytes(tensor, "F64").toArray(JAVA_DOUBLE_UNALIGNED);
  }

  /** The element type, for example {@code BF16}. */
  public String dtype(String tensor) {
    return entry(tensor).path("dtype").asText();
  }

  private MemorySegment bytes(String tensor, String dtype) {
    if (!dtype(tensor).equals(dtype)) {
      throw new IllegalArgumentException(name + ": " + tensor + " is " + dtype(tensor));
    }
    return bytes(tensor);
  }

  /** The elements, row-major and little-endian. */
  public MemorySegment bytes(String tensor) {
    JsonNode offsets = entry(tensor).path("data_offsets");
    long from = offsets.get(0).asLong();
    return data.asSlice(from, offsets.get(1).asLong() - from);
  }

  private JsonNode entry(String tensor) {
    JsonNode entry = header.get(tensor);
    if (entry == null) {
      throw new IllegalArgumentException(name + ": no tensor " + tensor);
    }
    return entry;
  }
}
