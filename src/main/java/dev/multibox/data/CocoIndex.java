package dev.multibox.data;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

/** The entries of a COCO file held against each other: every image with its boxes, by id. */
final class CocoIndex {
  private final CocoFile file;
  private final SortedMap<Integer, CocoFile.Category> categories = new TreeMap<>();
  private final SortedMap<Long, CocoFile.Image> images = new TreeMap<>();
  private final Map<Long, List<CocoFile.Box>> boxes = new HashMap<>();

  private CocoIndex(CocoFile file) {
    this.file = file;
  }

  /** Leaves out what cannot be kept apart, and the boxes of images or categories not listed. */
  static CocoIndex of(CocoFile file, Faults faults, Tally tally) throws IOException {
    CocoIndex index = new CocoIndex(file);
    index.addCategories(faults);
    for (CocoFile.Image image : file.images()) {
      if (index.images.putIfAbsent(image.id(), image) != null) {
        faults.file(
            "%s: a second image has the id %d; number them apart"
                .formatted(file.where(image.place()), image.id()));
      }
    }
    Set<Long> ids = new HashSet<>();
    for (CocoFile.Box box : file.boxes()) {
      String fault =
          ids.add(box.id()) ? index.fault(box) : "has the id of another; number them apart";
      if (fault.isEmpty()) {
        index.boxes.computeIfAbsent(box.image(), _ -> new ArrayList<>()).add(box);
      } else {
        tally.leftOut();
        faults.object("%s: annotation %d %s".formatted(file.where(box.place()), box.id(), fault));
      }
    }
    return index;
  }

  private void addCategories(Faults faults) throws IOException {
    Set<String> names = new HashSet<>();
    for (CocoFile.Category category : file.categories()) {
      if (categories.containsKey(category.id()) || !names.add(category.name())) {
        faults.file(
            "%s: category %d, %s, has the id or the name of another; keep them apart"
                .formatted(file.where(category.place()), category.id(), category.name()));
      } else {
        categories.put(category.id(), category);
      }
    }
  }

  private String fault(CocoFile.Box box) {
    if (!images.containsKey(box.image())) {
      return "is of image %d, which the file does not list; remove it".formatted(box.image());
    }
    if (!categories.containsKey(box.category())) {
      return "is of category %d, which the file does not list; add the category"
          .formatted(box.category());
    }
    return "";
  }

  /** Names by rising id. */
  List<String> categoryNames() {
    return categories.values().stream().map(CocoFile.Category::name).toList();
  }

  /** The ids, which may have gaps. */
  List<Integer> categoryIds() {
    return List.copyOf(categories.keySet());
  }

  /**
   * The images by rising id, those whose files exist.
   *
   * @param folders where to look: all are taken from the first that has one of them
   */
  List<Listed> listed(List<Path> folders, Faults faults) throws IOException {
    Optional<Path> folder = folder(folders);
    if (folder.isEmpty() && !images.isEmpty()) {
      faults.file(
          "%s: none of its %d images is in %s; name their folder with --images DIR"
              .formatted(file.path(), images.size(), shown(folders)));
      return List.of();
    }
    Map<Integer, Integer> places = new HashMap<>();
    categories.keySet().forEach(id -> places.put(id, places.size()));
    List<Listed> listed = new ArrayList<>();
    for (CocoFile.Image image : images.values()) {
      Path path = path(folder.orElseThrow(), image);
      if (Files.isRegularFile(path)) {
        listed.add(
            new Listed(file, image, path, boxes.getOrDefault(image.id(), List.of()), places));
      } else {
        faults.file(
            "%s: image %d: there is no %s; restore it or remove the image"
                .formatted(file.where(image.place()), image.id(), path));
      }
    }
    return listed;
  }

  private Optional<Path> folder(List<Path> folders) {
    for (CocoFile.Image image : images.values()) {
      for (Path folder : folders) {
        if (Files.isRegularFile(path(folder, image))) {
          return Optional.of(folder);
        }
      }
    }
    return Optional.empty();
  }

  private static Path path(Path folder, CocoFile.Image image) {
    // No system's paths hold a NUL: a name with one is no file's.
    return folder.resolve(image.fileName().replace('\0', '?'));
  }

  private static String shown(List<Path> folders) {
    return String.join(", ", folders.stream().map(Path::toString).toList());
  }

  /** An image with its boxes. */
  record Listed(
      CocoFile annotations,
      CocoFile.Image entry,
      Path path,
      List<CocoFile.Box> boxes,
      Map<Integer, Integer> places)
      implements ImageRecords.Annotated {
    @Override
    public ImageRecord image() {
      ImageSize size = entry.size();
      return new ImageRecord(
          Long.toString(entry.id()), path, size.width(), size.height(), List.of());
    }

    @Override
    public String where() {
      return annotations.where(entry.place());
    }

    @Override
    public List<Annotation> objects(ImageSize actual, Faults faults, Tally tally)
        throws IOException {
      List<Annotation> objects = new ArrayList<>();
      for (CocoFile.Box box : boxes) {
        String fault = fault(box, actual);
        if (!fault.isEmpty()) {
          faults.object(fault);
          tally.leftOut();
          continue;
        }
        int category = places.getOrDefault(box.category(), -1);
        PixelBox part = tally.cut(box.pixels(), actual);
        objects.add(Annotation.of(category, part, false, box.crowd(), box.area()));
      }
      return objects;
    }

    private String fault(CocoFile.Box box, ImageSize actual) {
      String what;
      if (box.width() <= 0) {
        what = "width <= 0";
      } else if (box.height() <= 0) {
        what = "height <= 0";
      } else {
        what = box.pixels().fault(actual);
      }
      return what.isEmpty()
          ? ""
          : "%s: annotation %d of %s with bbox [%s, %s, %s, %s]: %s; correct the box or remove the annotation"
              .formatted(
                  annotations.where(box.place()),
                  box.id(),
                  entry.fileName(),
                  box.x(),
                  box.y(),
                  box.width(),
                  box.height(),
                  what);
    }
  }
}
