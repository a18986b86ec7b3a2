package dev.multibox.eval;

import dev.multibox.data.JsonEntry;
import dev.multibox.data.JsonLists;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Reads COCO's annotation and result files. What is wrong with one is an {@link IOException} that
 * names file, line and column, and what was wanted.
 */
public final class CocoJson {
  private static final Set<String> ANNOTATION =
      Set.of("id", "image_id", "category_id", "bbox", "area", "iscrowd", "name");
  private static final Set<String> DETECTION = Set.of("image_id", "category_id", "bbox", "score");

  private CocoJson() {}

  /**
   * Reads {@code {"images": …, "categories": …, "annotations": …}}, the lists in any order. An
   * annotation needs {@code id}, {@code image_id}, {@code category_id}, {@code bbox} and {@code
   * area}; without {@code iscrowd} it is no crowd.
   *
   * @throws IOException if the file cannot be read, a list is missing, or an entry is wrong
   */
  public static GroundTruth readAnnotations(Path path) throws IOException {
    SortedSet<Long> images = new TreeSet<>();
    SortedMap<Integer, String> categories = new TreeMap<>();
    List<GroundTruthObject> objects = new ArrayList<>();
    JsonLists.read(
        path,
        ANNOTATION,
        json ->
            json.lists(
                Map.of(
                    "images",
                    entry -> images.add(entry.whole("id")),
                    "categories",
                    entry -> categories.put(entry.integer("id"), entry.text("name")),
                    "annotations",
                    entry -> objects.add(object(entry)))));
    GroundTruth truth = new GroundTruth(images, categories, objects);
    requireConsistent(path, truth);
    return truth;
  }

  /**
   * Reads a list of {@code {"image_id", "category_id", "bbox", "score"}}.
   *
   * @throws IOException if the file cannot be read, an entry is wrong, or its image is not one of
   *     {@code truth}
   */
  public static List<DetectedObject> readDetections(Path path, GroundTruth truth)
      throws IOException {
    List<DetectedObject> detections = new ArrayList<>();
    JsonLists.read(
        path, DETECTION, json -> json.list(entry -> detections.add(detection(entry, truth))));
    return detections;
  }

  private static void requireConsistent(Path path, GroundTruth truth) throws IOException {
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

  private static GroundTruthObject object(JsonEntry entry) throws IOException {
    double[] box = entry.box();
    return new GroundTruthObject(
        entry.whole("id"),
        entry.whole("image_id"),
        entry.integer("category_id"),
        box[0],
        box[1],
        box[2],
        box[3],
        entry.number("area"),
        entry.flag("iscrowd"),
        false);
  }

  private static DetectedObject detection(JsonEntry entry, GroundTruth truth) throws IOException {
    double[] box = entry.box();
    long image = entry.whole("image_id");
    if (!truth.imageIds().contains(image)) {
      throw entry.wrong("image_id was %d, which the annotations do not list".formatted(image));
    }
    return new DetectedObject(
        image, entry.integer("category_id"), box[0], box[1], box[2], box[3], entry.number("score"));
  }
}
