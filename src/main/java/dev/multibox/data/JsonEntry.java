package dev.multibox.data;

import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;

/**
 * An entry of a list in one of COCO's files. What has another form than an accessor wants is an
 * {@link IOException} that names file, line and column.
 */
public final class JsonEntry {
  private final Path path;
  private final JsonLocation place;
  private final Map<String, JsonNode> fields;

  JsonEntry(Path path, JsonLocation place, Map<String, JsonNode> fields) {
    this.path = path;
    this.place = place;
    this.fields = fields;
  }

  /** Where it begins, from 1. */
  int line() {
    return place.getLineNr();
  }

  /** Where it begins in its line, from 1. */
  int column() {
    return place.getColumnNr();
  }

  public boolean has(String field) {
    return fields.containsKey(field);
  }

  /** A finite number. */
  public double number(String field) throws IOException {
    JsonNode value = field(field);
    if (!value.isNumber() || !Double.isFinite(value.doubleValue())) {
      throw wrong("%s was %s, wanted a number".formatted(field, shown(value)));
    }
    return value.doubleValue();
  }

  /** A whole number, also when written as one with a fraction of 0: some write all of them so. */
  public long whole(String field) throws IOException {
    double value = number(field);
    JsonNode node = field(field);
    if (node.isIntegralNumber() && node.canConvertToLong()) {
      return node.longValue();
    }
    if (value != Math.rint(value) || Math.abs(value) > 1L << 53) {
      throw wrong("%s was %s, wanted a whole number".formatted(field, node));
    }
    return (long) value;
  }

  /** A whole number that an {@code int} holds. */
  public int integer(String field) throws IOException {
    long value = whole(field);
    if ((int) value != value) {
      throw wrong("%s was %d, wanted less than 2^31".formatted(field, value));
    }
    return (int) value;
  }

  /** The field {@code bbox}: left, top, width and height. */
  public double[] box() throws IOException {
    JsonNode box = field("bbox");
    double[] values = new double[4];
    boolean numbers = box.isArray() && box.size() == values.length;
    for (int i = 0; i < values.length && numbers; i++) {
      numbers = box.get(i).isNumber() && Double.isFinite(box.get(i).doubleValue());
      values[i] = box.get(i).doubleValue();
    }
    if (!numbers) {
      throw wrong("bbox was %s, wanted [x, y, width, height]".formatted(shown(box)));
    }
    return values;
  }

  /** True for {@code true} and any number but 0, false for anything else or nothing. */
  public boolean flag(String field) {
    JsonNode value = field(field);
    return value.asInt(value.asBoolean() ? 1 : 0) != 0;
  }

  /** A text; empty where there is none. */
  public String text(String field) {
    return field(field).asText("");
  }

  private JsonNode field(String field) {
    return fields.getOrDefault(field, MissingNode.getInstance());
  }

  private static String shown(JsonNode node) {
    return node.isMissingNode() ? "missing" : node.toString();
  }

  /** A refusal of this entry. */
  public IOException wrong(String what) {
    return new IOException("%s:%d:%d: %s".formatted(path, line(), column(), what));
  }
}
