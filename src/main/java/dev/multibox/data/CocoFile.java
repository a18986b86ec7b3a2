package dev.multibox.data;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What one COCO annotation file says, each entry well-formed, before the entries are held against
 * each other.
 *
 * @param path the file
 * @param categories in file order
 * @param images in file order
 * @param boxes in file order
 */
record CocoFile(Path path, List<Category> categories, List<Image> images, List<Box> boxes) {
  private static final Set<String> FIELDS =
      Set.of(
          "id",
          "name",
          "file_name",
          "width",
          "height",
          "image_id",
          "category_id",
          "bbox",
          "area",
          "iscrowd");

  /** Where an entry begins, from 1. */
  record Place(int line, int column) {
    static Place of(JsonEntry entry) {
      return new Place(entry.line(), entry.column());
    }
  }

  record Category(int id, String name, Place place) {}

  /** An image; 0 x 0 where the file states no size. */
  record Image(long id, String fileName, ImageSize size, Place place) {}

  /** An annotation; {@code area} is its mask's, or the box's where the file states none. */
  record Box(
      long id,
      long image,
      int category,
      double x,
      double y,
      double width,
      double height,
      double area,
      boolean crowd,
      Place place) {

    PixelBox pixels() {
      return new PixelBox(x, y, x + width, y + height);
    }
  }

  /**
   * Reads {@code {"images": …, "categories": …, "annotations": …}}, the lists in any order. Fields
   * that are not needed are skipped, the outlines of objects among them.
   *
   * @throws IOException if there is no such file, or as {@code faults} decides
   */
  static CocoFile read(Path path, Faults faults, Tally tally) throws IOException {
    if (!Files.isRegularFile(path)) {
      throw new FileNotFoundException(path + ": no such file; name a file of COCO annotations");
    }
    CocoFile file = new CocoFile(path, new ArrayList<>(), new ArrayList<>(), new ArrayList<>());
    Report object =
        fault -> {
          tally.leftOut();
          faults.object(fault);
        };
    try {
      JsonLists.read(
          path,
          FIELDS,
          json ->
              json.lists(
                  Map.of(
                      "images", into(file.images, CocoFile::image, faults::file),
                      "categories", into(file.categories, CocoFile::category, faults::file),
                      "annotations", into(file.boxes, CocoFile::box, object))));
    } catch (IOException e) {
      faults.file(String.valueOf(e.getMessage()));
    }
    return file;
  }

  /** What makes something of an entry, or refuses it. */
  private interface Form<T> {
    T of(JsonEntry entry) throws IOException;
  }

  /** Where a refusal goes. */
  private interface Report {
    void fault(String fault) throws IOException;
  }

  private static <T> JsonLists.Element into(List<T> list, Form<T> form, Report report) {
    return entry -> {
      T made;
      try {
        made = form.of(entry);
      } catch (IOException e) {
        report.fault(String.valueOf(e.getMessage()));
        return;
      }
      list.add(made);
    };
  }

  private static Image image(JsonEntry entry) throws IOException {
    ImageSize size = new ImageSize(0, 0);
    if (entry.has("width") && entry.has("height")) {
      size = new ImageSize(entry.integer("width"), entry.integer("height"));
    }
    if (entry.text("file_name").isEmpty()) {
      throw entry.wrong("image %d has no file_name; name its file".formatted(entry.whole("id")));
    }
    return new Image(entry.whole("id"), entry.text("file_name"), size, Place.of(entry));
  }

  private static Category category(JsonEntry entry) throws IOException {
    if (entry.text("name").isEmpty()) {
      throw entry.wrong("category %d has no name; give it one".formatted(entry.whole("id")));
    }
    return new Category(entry.integer("id"), entry.text("name"), Place.of(entry));
  }

  private static Box box(JsonEntry entry) throws IOException {
    double[] box = entry.box();
    double area = entry.has("area") ? entry.number("area") : box[2] * box[3];
    if (area < 0) {
      throw entry.wrong("area was %s, wanted at least 0".formatted(area));
    }
    return new Box(
        entry.whole("id"),
        entry.whole("image_id"),
        entry.integer("category_id"),
        box[0],
        box[1],
        box[2],
        box[3],
        area,
        entry.flag("iscrowd"),
        Place.of(entry));
  }

  /** {@code file:line:column}, for messages. */
  String where(Place place) {
    return "%s:%d:%d".formatted(path, place.line(), place.column());
  }
}
