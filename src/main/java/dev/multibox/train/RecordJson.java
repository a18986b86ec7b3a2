package dev.multibox.train;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.multibox.weights.FileFailure;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.RecordComponent;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Reads a record from a JSON object with exactly its components as fields: a whole number for
 * {@code int} and {@code long}, a number for {@code float}, true or false, a text, or a list of
 * texts. Only what is {@link Nullable} may be null. Nothing is converted, and nothing filled in but
 * fields that are younger than the file.
 */
final class RecordJson {
  private static final String REMEDY = "correct it, or name the config.json of another run";
  private static final JsonMapper JSON =
      JsonMapper.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  private final Path file;
  private final JsonNode root;

  private RecordJson(Path file, JsonNode root) {
    this.file = file;
    this.root = root;
  }

  /**
   * Reads {@code file}.
   *
   * @param younger fields that older files lack, with what they would have held, as a JSON object
   * @throws IOException if it cannot be read, is no such object, or the record refuses it; the
   *     message is one line that names file and field, and says what to do
   */
  static <T extends Record> T read(Path file, Class<T> type, String younger) throws IOException {
    if (!(parse(file, content(file)) instanceof ObjectNode root)) {
      throw new IOException("%s: is no JSON object; %s".formatted(file, REMEDY));
    }
    parse(file, younger.getBytes(UTF_8))
        .forEachEntry((field, value) -> {
          if (!root.has(field)) {
            root.set(field, value);
          }
        });
    return new RecordJson(file, root).record(type);
  }

  private static byte[] content(Path file) throws IOException {
    try {
      return Files.readAllBytes(file);
    } catch (IOException e) {
      throw new IOException(
          "%s: could not be read (%s); %s".formatted(file, FileFailure.reason(e), REMEDY), e);
    }
  }

  private static JsonNode parse(Path file, byte[] content) throws IOException {
    try {
      return JSON.readTree(content);
    } catch (JsonProcessingException e) {
      throw new IOException(
          "%s:%d: is not valid JSON (%s); %s"
              .formatted(file, e.getLocation().getLineNr(), e.getOriginalMessage(), REMEDY),
          e);
    }
  }

  private <T extends Record> T record(Class<T> type) throws IOException {
    RecordComponent[] components = type.getRecordComponents();
    List<String> names = Arrays.stream(components).map(RecordComponent::getName).toList();
    for (String field : (Iterable<String>) root::fieldNames) {
      if (!names.contains(field)) {
        throw wrong(field, "is no field of a run; there is " + String.join(", ", names));
      }
    }
    @Nullable Object[] values = new Object[components.length];
    for (int i = 0; i < components.length; i++) {
      values[i] = value(components[i]);
    }
    Class<?>[] types =
        Arrays.stream(components).map(RecordComponent::getType).toArray(Class<?>[]::new);
    try {
      return type.getDeclaredConstructor(types).newInstance(values);
    } catch (InvocationTargetException e) {
      if (e.getCause() instanceof IllegalArgumentException refusal) {
        throw new IOException("%s: %s; %s".formatted(file, refusal.getMessage(), REMEDY), e);
      }
      throw new IllegalStateException(e);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException(e);
    }
  }

  private @Nullable Object value(RecordComponent component) throws IOException {
    String name = component.getName();
    Class<?> type = component.getType();
    JsonNode node = root.get(name);
    if (node == null) {
      throw wrong(name, "is missing");
    }
    if (node.isNull() && component.getAnnotatedType().isAnnotationPresent(Nullable.class)) {
      return null;
    }
    if (type == int.class && node.isIntegralNumber() && node.canConvertToInt()) {
      return node.intValue();
    }
    if (type == long.class && node.isIntegralNumber() && node.canConvertToLong()) {
      return node.longValue();
    }
    if (type == float.class && node.isNumber() && Float.isFinite(node.floatValue())) {
      return Float.parseFloat(node.asText());
    }
    if (type == boolean.class && node.isBoolean()) {
      return node.booleanValue();
    }
    if (type == String.class && node.isTextual()) {
      return node.textValue();
    }
    if (type == List.class && isTexts(node)) {
      return texts(node);
    }
    throw wrong(name, "was %s, wanted %s".formatted(node, wanted(type)));
  }

  private static boolean isTexts(JsonNode node) {
    boolean texts = node.isArray();
    for (JsonNode element : node) {
      texts &= element.isTextual();
    }
    return texts;
  }

  private static List<String> texts(JsonNode node) {
    List<String> texts = new ArrayList<>();
    node.forEach(element -> texts.add(element.textValue()));
    return texts;
  }

  private static String wanted(Class<?> type) {
    return switch (type.getSimpleName()) {
      case "int" -> "a whole number below 2^31";
      case "long" -> "a whole number";
      case "float" -> "a number";
      case "boolean" -> "true or false";
      case "String" -> "a text";
      case "List" -> "a list of texts";
      default -> throw new IllegalStateException("no JSON form of " + type);
    };
  }

  private IOException wrong(String field, String what) {
    return new IOException("%s: %s %s; %s".formatted(file, field, what, REMEDY));
  }
}
