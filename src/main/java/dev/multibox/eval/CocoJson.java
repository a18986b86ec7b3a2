package dev.multibox.eval;

import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Reads COCO's annotation and result files, one entry at a time. What is wrong with one is an
 * {@link IOException} that names file, line and column, and what was wanted.
 */
public final class CocoJson {
  private static final JsonMapper JSON = new JsonMapper();

  private final Path path;
  private final JsonParser parser;
  private JsonLocation place = JsonLocation.NA;

  private CocoJson(Path path, JsonParser parser) {
    this.path = path;
    this.parser = parser;
  }

  /** Something that reads one file from its parser. */
  private interface Body<T> {
    T read(CocoJson json) throws IOException;
  }

  /**
   * Reads {@code {"images": …, "categories": …, "annotations": …}}, the lists in any order. An
   * annotation needs {@code id}, {@code image_id}, {@code category_id}, {@code bbox} and {@code
   * area}; without {@code iscrowd} it is no crowd.
   *
   * @throws IOException if the file cannot be read, a list is missing, or an entry is wrong
   */
  public static GroundTruth readAnnotations(Path path) throws IOException {
    return read(path, CocoJson::annotations);
  }

  /**
   * Reads a list of {@code {"image_id", "category_id", "bbox", "score"}}.
   *
   * @throws IOException if the file cannot be read, an entry is wrong, or its image is not one of
   *     {@code truth}
   */
  public static List<DetectedObject> readDetections(Path path, GroundTruth truth)
      throws IOException {
    return read(path, json -> json.detections(truth));
  }

  private static <T> T read(Path path, Body<T> body) throws IOException {
    try (InputStream in = new BufferedInputStream(Files.newInputStream(path));
        JsonParser parser = JSON.createParser(in)) {
      return body.read(new CocoJson(path, parser));
    } catch (JsonProcessingException e) {
      JsonLocation where = e.getLocation() == null ? JsonLocation.NA : e.getLocation();
      throw new IOException(
          "%s:%d:%d: not valid JSON (%s); is the file complete?"
              .formatted(path, where.getLineNr(), where.getColumnNr(), e.getOriginalMessage()),
          e);
    }
  }

  private GroundTruth annotations() throws IOException {
    SortedSet<Long> images = new TreeSet<>();
    SortedMap<Integer, String> categories = new TreeMap<>();
    List<GroundTruthObject> objects = new ArrayList<>();
    Set<String> seen = new HashSet<>();
    expect(parser.nextToken(), JsonToken.START_OBJECT, "an object with images and annotations");
    while (parser.nextToken() == JsonToken.FIELD_NAME) {
      String list = parser.currentName();
      seen.add(list);
      parser.nextToken();
      switch (list) {
        case "images" -> elements(node -> images.add(whole(node, "id")));
        case "categories" ->
            elements(node -> categories.put(category(node, "id"), node.path("name").asText("")));
        case "annotations" -> elements(node -> objects.add(object(node)));
        default -> parser.skipChildren();
      }
    }
    for (String list : List.of("images", "categories", "annotations")) {
      if (!seen.contains(list)) {
        throw new IOException("%s: has no list \"%s\"; is it COCO's form?".formatted(path, list));
      }
    }
    GroundTruth truth = new GroundTruth(images, categories, objects);
    requireConsistent(truth);
    return truth;
  }

  private void requireConsistent(GroundTruth truth) throws IOException {
    Set<Long> ids = new HashSet<>();
    for (GroundTruthObject object : truth.objects()) {
      if (!truth.imageIds().contains(object.imageId())) {
        throw new IOException(
            "%s: annotation %d is of image %d, which the file does not list"
                .formatted(path, object.id(), object.imageId()));
      }
      if (!truth.categories().containsKey(object.categoryId())) {
        throw new IOException(
            "%s: annotation %d is of category %d, which the file does not list"
                .formatted(path, object.id(), object.categoryId()));
      }
      if (!ids.add(object.id())) {
        throw new IOException(
            "%s: two annotations have the id %d; number them apart".formatted(path, object.id()));
      }
    }
  }

  private GroundTruthObject object(JsonNode node) throws IOException {
    double[] box = box(node);
    JsonNode crowd = node.path("iscrowd");
    return new GroundTruthObject(
        whole(node, "id"),
        whole(node, "image_id"),
        category(node, "category_id"),
        box[0],
        box[1],
        box[2],
        box[3],
        number(node, "area"),
        crowd.asInt(crowd.asBoolean() ? 1 : 0) != 0,
        false);
  }

  private List<DetectedObject> detections(GroundTruth truth) throws IOException {
    List<DetectedObject> detections = new ArrayList<>();
    parser.nextToken();
    elements(node -> detections.add(detection(node, truth)));
    return detections;
  }

  private DetectedObject detection(JsonNode node, GroundTruth truth) throws IOException {
    double[] box = box(node);
    long image = whole(node, "image_id");
    if (!truth.imageIds().contains(image)) {
      throw wrong("image_id was %d, which the annotations do not list".formatted(image));
    }
    return new DetectedObject(
        image,
        category(node, "category_id"),
        box[0],
        box[1],
        box[2],
        box[3],
        number(node, "score"));
  }

  private interface Element {
    void read(JsonNode node) throws IOException;
  }

  private void elements(Element element) throws IOException {
    expect(parser.currentToken(), JsonToken.START_ARRAY, "a list");
    while (parser.nextToken() != JsonToken.END_ARRAY) {
      place = parser.currentTokenLocation();
      expect(parser.currentToken(), JsonToken.START_OBJECT, "an object");
      element.read(JSON.readTree(parser));
    }
  }

  private void expect(JsonToken found, JsonToken wanted, String what) throws IOException {
    if (found != wanted) {
      place = parser.currentTokenLocation();
      throw wrong("wanted %s".formatted(what));
    }
  }

  private double[] box(JsonNode node) throws IOException {
    JsonNode box = node.path("bbox");
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

  private double number(JsonNode node, String field) throws IOException {
    JsonNode value = node.path(field);
    if (!value.isNumber() || !Double.isFinite(value.doubleValue())) {
      throw wrong("%s was %s, wanted a number".formatted(field, shown(value)));
    }
    return value.doubleValue();
  }

  private int category(JsonNode node, String field) throws IOException {
    long id = whole(node, field);
    if ((int) id != id) {
      throw wrong("%s was %d, wanted less than 2^31".formatted(field, id));
    }
    return (int) id;
  }

  /** A whole number, also when written as one with a fraction of 0: some write all of them so. */
  private long whole(JsonNode node, String field) throws IOException {
    double value = number(node, field);
    if (node.path(field).isIntegralNumber() && node.path(field).canConvertToLong()) {
      return node.path(field).longValue();
    }
    if (value != Math.rint(value) || Math.abs(value) > 1L << 53) {
      throw wrong("%s was %s, wanted a whole number".formatted(field, node.path(field)));
    }
    return (long) value;
  }

  private static String shown(JsonNode node) {
    return node.isMissingNode() ? "missing" : node.toString();
  }

  private IOException wrong(String what) {
    return new IOException(
        "%s:%d:%d: %s".formatted(path, place.getLineNr(), place.getColumnNr(), what));
  }
}
