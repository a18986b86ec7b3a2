package dev.multibox.data;

import dev.multibox.data.VocAnnotation.VocObject;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Reads PASCAL VOC's layout: {@code JPEGImages/ID.jpg}, {@code Annotations/ID.xml} and {@code
 * ImageSets/Main/SPLIT.txt} with one ID a line.
 *
 * <p>The categories are the names of all objects in the folder, sorted, whichever split is read: a
 * network trained on one split fits the others. Lists of one class alone, such as {@code
 * dog_train.txt} with its column of 1 and -1, are no splits. A box may reach over the image's edge
 * by one pixel and is cut off there; {@code truncated} says nothing that SSD asks.
 */
public final class VocReader implements DatasetReader {
  private static final List<String> ENDINGS =
      List.of(".jpg", ".jpeg", ".png", ".JPG", ".JPEG", ".PNG", ".bmp", ".gif", ".webp");

  private final Path folder;
  private final Map<String, VocAnnotation> annotations = new TreeMap<>();
  private final Set<String> damaged = new HashSet<>();
  private final Map<String, Path> lists = new TreeMap<>();
  private final Map<String, Integer> categories = new LinkedHashMap<>();

  private VocReader(Path folder) {
    this.folder = folder;
  }

  /**
   * Parses every annotation of the folder, and judges none of the boxes yet.
   *
   * @throws IOException if one of the three folders is missing, or a file is not well-formed
   */
  public static VocReader open(Path folder) throws IOException {
    return open(folder, Faults.REFUSED);
  }

  static VocReader open(Path folder, Faults faults) throws IOException {
    VocReader reader = new VocReader(folder);
    reader.readAnnotations(faults);
    for (Path list : files(folder.resolve("ImageSets").resolve("Main"), "*.txt")) {
      if (!reader.isOfOneClass(list)) {
        reader.lists.put(stem(list), list);
      }
    }
    files(folder.resolve("JPEGImages"), "*");
    return reader;
  }

  private void readAnnotations(Faults faults) throws IOException {
    Set<String> names = new TreeSet<>();
    for (Path file : files(folder.resolve("Annotations"), "*.xml")) {
      try {
        VocAnnotation annotation = VocAnnotation.read(file);
        annotations.put(stem(file), annotation);
        annotation.objects().forEach(object -> names.add(object.category()));
      } catch (IOException e) {
        damaged.add(stem(file));
        faults.file(String.valueOf(e.getMessage()));
      }
    }
    names.forEach(name -> categories.put(name, categories.size()));
  }

  private boolean isOfOneClass(Path list) throws IOException {
    List<VocList.Entry> entries = VocList.read(list);
    return !entries.isEmpty()
        && entries.stream()
            .allMatch(entry -> entry.isOfOneClass() && !annotations.containsKey(entry.id()));
  }

  @Override
  public String name() {
    return String.valueOf(folder.toAbsolutePath().normalize().getFileName());
  }

  @Override
  public List<String> splits() {
    return List.copyOf(lists.keySet());
  }

  @Override
  public Dataset read(String split, Faults faults) throws IOException {
    List<Listed> listed = new ArrayList<>();
    Set<String> seen = new HashSet<>();
    for (VocList.Entry entry : VocList.read(list(split))) {
      if (seen.add(entry.id())) {
        find(entry, faults).ifPresent(listed::add);
      } else {
        faults.file("%s: %s is listed twice; remove one line".formatted(entry.where(), entry.id()));
      }
    }
    return dataset(name() + " " + split, listed, faults);
  }

  /** The annotated images that no split names. */
  @Override
  public Optional<Dataset> unlisted(Faults faults) throws IOException {
    Set<String> ids = new TreeSet<>(annotations.keySet());
    for (Path list : lists.values()) {
      VocList.read(list).forEach(entry -> ids.remove(entry.id()));
    }
    List<Listed> listed = new ArrayList<>();
    for (String id : ids) {
      find(new VocList.Entry(id, annotation(id)), faults).ifPresent(listed::add);
    }
    return ids.isEmpty()
        ? Optional.empty()
        : Optional.of(dataset(name() + " (in no split)", listed, faults));
  }

  private Dataset dataset(String title, List<Listed> listed, Faults faults) throws IOException {
    Tally tally = new Tally();
    List<ImageRecord> images = ImageRecords.of(listed, faults, tally);
    return new Dataset(title, List.copyOf(categories.keySet()), images).with(tally.remarks());
  }

  private Path list(String split) throws IOException {
    Path file = folder.resolve("ImageSets").resolve("Main").resolve(split + ".txt");
    if (!Files.isRegularFile(file)) {
      throw new FileNotFoundException(
          lists.isEmpty()
              ? file + ": no such split; list the names of its images there, one a line"
              : "%s: no such split; there are %s".formatted(file, String.join(", ", splits())));
    }
    return file;
  }

  /** What an entry stands for, unless that was found wanting before or is now. */
  private Optional<Listed> find(VocList.Entry entry, Faults faults) throws IOException {
    String id = entry.id();
    VocAnnotation annotation = annotations.get(id);
    if (annotation == null) {
      if (entry.isOfOneClass()) {
        faults.file(
            "%s: wanted an image's name alone, was '%s'; lists of one class are no splits"
                .formatted(entry.where(), id));
      } else if (!damaged.contains(id)) {
        faults.file(
            "%s: %s has no annotation; add %s or remove the line"
                .formatted(entry.where(), id, annotation(id)));
      }
      return Optional.empty();
    }
    List<Path> candidates = candidates(id, annotation.imageName());
    for (Path file : candidates) {
      if (Files.isRegularFile(file)) {
        return Optional.of(new Listed(id, file, annotation, categories));
      }
    }
    faults.file(
        "%s: %s has no image; add %s or remove the line"
            .formatted(entry.where(), id, candidates.getFirst()));
    return Optional.empty();
  }

  // The annotation's own file name is trusted for its ending only: folders that were renamed or
  // merged keep stale names in it.
  private List<Path> candidates(String id, String imageName) {
    List<String> endings = new ArrayList<>(ENDINGS);
    int dot = imageName.lastIndexOf('.');
    if (dot > 0 && imageName.indexOf('/', dot) < 0) {
      endings.addFirst(imageName.substring(dot));
    }
    Path images = folder.resolve("JPEGImages");
    return endings.stream().map(ending -> images.resolve(id + ending)).toList();
  }

  private String annotation(String id) {
    return folder.resolve("Annotations").resolve(id + ".xml").toString();
  }

  /** An image that a list names, and its annotation. */
  private record Listed(
      String id, Path file, VocAnnotation annotation, Map<String, Integer> categories)
      implements ImageRecords.Annotated {
    @Override
    public ImageRecord image() {
      ImageSize size = annotation.size();
      return new ImageRecord(id, file, size.width(), size.height(), List.of());
    }

    @Override
    public String where() {
      return annotation.file() + ":" + annotation.sizeLine();
    }

    @Override
    public List<Annotation> objects(ImageSize actual, Faults faults, Tally tally)
        throws IOException {
      List<Annotation> objects = new ArrayList<>();
      for (VocObject object : annotation.objects()) {
        String fault = annotation.fault(object, actual);
        if (!fault.isEmpty()) {
          faults.object(fault);
          tally.leftOut();
          continue;
        }
        PixelBox box = tally.cut(object.box(), actual);
        int category = categories.getOrDefault(object.category(), -1);
        objects.add(Annotation.of(category, box, object.difficult(), false, box.area()));
      }
      return objects;
    }
  }

  private static List<Path> files(Path folder, String glob) throws IOException {
    if (!Files.isDirectory(folder)) {
      throw new FileNotFoundException(
          folder + ": no such folder; VOC layout has JPEGImages, Annotations and ImageSets/Main");
    }
    List<Path> files = new ArrayList<>();
    try (DirectoryStream<Path> stream = Files.newDirectoryStream(folder, glob)) {
      stream.forEach(files::add);
    }
    Collections.sort(files);
    return files;
  }

  private static String stem(Path file) {
    String name = String.valueOf(file.getFileName());
    return name.substring(0, name.lastIndexOf('.'));
  }
}
