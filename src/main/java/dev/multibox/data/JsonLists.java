package dev.multibox.data;

import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * Walks through one of COCO's files entry by entry, none of which is kept. Of an entry only the
 * fields asked for are read; outlines, which make up most of an annotation file, are skipped.
 */
public final class JsonLists {
  // That parser rounds as Double.parseDouble does, in half the time.
  private static final JsonMapper JSON =
      JsonMapper.builder().enable(StreamReadFeature.USE_FAST_DOUBLE_PARSER).build();

  private final Path path;
  private final JsonParser parser;
  private final Set<String> fields;

  private JsonLists(Path path, JsonParser parser, Set<String> fields) {
    this.path = path;
    this.parser = parser;
    this.fields = fields;
  }

  /** What is done with a file. */
  public interface Body {
    void read(JsonLists json) throws IOException;
  }

  /** What is done with an entry. */
  public interface Element {
    void read(JsonEntry entry) throws IOException;
  }

  /**
   * Opens a file for {@code body}, which reads {@link #list} or {@link #lists}.
   *
   * @param fields of the entries, all others are skipped
   * @throws IOException if the file cannot be read, or is not valid JSON; then the message names
   *     line and column
   */
  public static void read(Path path, Set<String> fields, Body body) throws IOException {
    try (InputStream in = new BufferedInputStream(Files.newInputStream(path));
        JsonParser parser = JSON.createParser(in)) {
      body.read(new JsonLists(path, parser, fields));
    } catch (JsonProcessingException e) {
      JsonLocation where = e.getLocation() == null ? JsonLocation.NA : e.getLocation();
      throw new IOException(
          "%s: not valid JSON (%s); is the file complete?"
              .formatted(where(path, where), e.getOriginalMessage()),
          e);
    }
  }

  /** Reads a file that is a list. */
  public void list(Element element) throws IOException {
    parser.nextToken();
    elements(element);
  }

  /**
   * Reads {@code {"a": […], "b": […]}}, the lists in any order, with others between.
   *
   * @throws IOException if one of {@code lists} is not there
   */
  public void lists(Map<String, Element> lists) throws IOException {
    Set<String> missing = new TreeSet<>(lists.keySet());
    parser.nextToken();
    expect(JsonToken.START_OBJECT, "an object of " + String.join(", ", missing));
    while (parser.nextToken() == JsonToken.FIELD_NAME) {
      String name = parser.currentName();
      missing.remove(name);
      parser.nextToken();
      Element element = lists.get(name);
      if (element == null) {
        parser.skipChildren();
      } else {
        elements(element);
      }
    }
    if (!missing.isEmpty()) {
      throw new IOException(
          "%s: has no list \"%s\"; is it COCO's form?"
              .formatted(path, String.join("\", \"", missing)));
    }
  }

  private void elements(Element element) throws IOException {
    expect(JsonToken.START_ARRAY, "a list");
    while (parser.nextToken() != JsonToken.END_ARRAY) {
      element.read(entry());
    }
  }

  private JsonEntry entry() throws IOException {
    expect(JsonToken.START_OBJECT, "an object");
    JsonLocation place = parser.currentTokenLocation();
    Map<String, JsonNode> values = new HashMap<>();
    while (parser.nextToken() == JsonToken.FIELD_NAME) {
      String name = parser.currentName();
      parser.nextToken();
      if (fields.contains(name)) {
        values.put(name, JSON.readTree(parser));
      } else {
        parser.skipChildren();
      }
    }
    return new JsonEntry(path, place, values);
  }

  private void expect(JsonToken wanted, String what) throws IOException {
    if (parser.currentToken() != wanted) {
      throw new IOException(
          "%s: wanted %s; is it COCO's form?"
              .formatted(where(path, parser.currentTokenLocation()), what));
    }
  }

  private static String where(Path path, JsonLocation place) {
    return "%s:%d:%d".formatted(path, place.getLineNr(), place.getColumnNr());
  }
}
