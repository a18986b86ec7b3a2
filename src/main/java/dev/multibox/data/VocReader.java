package dev.multibox.data;

import dev.multibox.data.VocAnnotation.VocObject;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Reads PASCAL VOC's layout: {@code JPEGImages/ID.jpg}, {@code Annotations/ID.xml} and {@code
 * ImageSets/Main/SPLIT.txt} with one ID a line.
 *
 * <p>The categories are the names of all objects in the folder, sorted, whichever split is read: a
 * network trained on one split fits the others. Lists of one class alone, such as {@code
 * dog_train.txt}, are not splits. A box may reach over the image's edge by one pixel and is cut off
 * there ({@link #cutBoxes} counts them); any other fault is an {@link IOException}.
 */
public final class VocReader implements DatasetReader {
  private static final List<String> EXTENSIONS = List.of(".jpg", ".jpeg", ".png", ".JPG", ".PNG");

  private final Path folder;
  private final Map<String, VocAnnotation> annotations;
  private final List<String> categories;
  private final Map<String, Integer> categoryIndex = new TreeMap<>();
  private final List<String> splits;

  private VocReader(Path folder, Map<String, VocAnnotation> annotations, List<String> splits) {
    this.folder = folder;
    this.annotations = annotations;
    this.categories = List.copyOf(names(annotations.values()));
    for (int i = 0; i < categories.size(); i++) {
      categoryIndex.put(categories.get(i), i);
    }
    this.splits =
        splits.stream()
            .filter(split ->
                categories.stream().noneMatch(category -> split.startsWith(category + "_")))
            .toList();
  }

  /**
   * Parses every annotation of the folder, and judges none of the boxes yet.
   *
   * @throws IOException if one of the three folders is missing, or a file is not well-formed
   */
  public static VocReader open(Path folder) throws IOException {
    Map<String, VocAnnotation> annotations = new TreeMap<>();
    for (Path file : list(folder.resolve("Annotations"), "*.xml")) {
      annotations.put(stem(file), VocAnnotation.read(file));
    }
    return new VocReader(folder, annotations, splitNames(folder));
  }

  /**
   * Every fault of the folder's annotations, where {@link #open} and {@link #read} stop at the
   * first.
   *
   * @throws IOException if one of the three folders is missing
   */
  public static List<String> faults(Path folder) throws IOException {
    List<String> faults = new ArrayList<>();
    for (Path file : list(folder.resolve("Annotations"), "*.xml")) {
      try {
        VocAnnotation annotation = VocAnnotation.read(file);
        for (VocObject object : annotation.objects()) {
          try {
            annotation.annotation(object, 0);
          } catch (IOException e) {
            faults.add(String.valueOf(e.getMessage()));
          }
        }
      } catch (IOException e) {
        faults.add(String.valueOf(e.getMessage()));
      }
    }
    return faults;
  }

  @Override
  public String name() {
    return String.valueOf(folder.toAbsolutePath().normalize().getFileName());
  }

  @Override
  public List<String> splits() {
    return splits;
  }

  @Override
  public List<String> categories() {
    return categories;
  }

  @Override
  public Dataset read(String split) throws IOException {
    Path list = splitFile(split);
    List<ImageRecord> images = new ArrayList<>();
    Set<String> seen = new HashSet<>();
    List<String> lines = Files.readAllLines(list);
    for (int i = 0; i < lines.size(); i++) {
      String id = lines.get(i).strip();
      if (id.isEmpty()) {
        continue;
      }
      String where = list + ":" + (i + 1);
      if (id.contains(" ") || id.contains("\t")) {
        throw new IOException(
            where + ": wanted one image name, was '" + id + "'; lists of one class are no splits");
      }
      if (!seen.add(id)) {
        throw new IOException(where + ": " + id + " is listed twice; remove one line");
      }
      images.add(image(id, where));
    }
    return new Dataset(name() + " " + split, categories, images);
  }

  /** How many boxes of the split were cut off at the image's edge. */
  public int cutBoxes(Dataset dataset) {
    int cut = 0;
    for (ImageRecord image : dataset.images()) {
      VocAnnotation annotation = annotations.get(image.id());
      if (annotation != null) {
        for (VocObject object : annotation.objects()) {
          cut += annotation.isCut(object) ? 1 : 0;
        }
      }
    }
    return cut;
  }

  private ImageRecord image(String id, String where) throws IOException {
    VocAnnotation annotation = annotations.get(id);
    if (annotation == null) {
      throw new NoSuchFileException(
          "%s: %s has no annotation; add %s or remove the line"
              .formatted(where, id, folder.resolve("Annotations").resolve(id + ".xml")));
    }
    List<Annotation> objects = new ArrayList<>();
    for (VocObject object : annotation.objects()) {
      int category = categoryIndex.getOrDefault(object.category(), -1);
      objects.add(annotation.annotation(object, category));
    }
    Path file = imageFile(id, annotation, where);
    return new ImageRecord(id, file, annotation.width(), annotation.height(), objects);
  }

  // The annotation's own file name is trusted for its ending only: folders that were renamed or
  // merged keep stale names in it.
  private Path imageFile(String id, VocAnnotation annotation, String where) throws IOException {
    Path images = folder.resolve("JPEGImages");
    String imageName = annotation.imageName();
    int dot = imageName.lastIndexOf('.');
    List<String> endings = new ArrayList<>(EXTENSIONS);
    if (dot > 0 && imageName.indexOf('/', dot) < 0) {
      endings.addFirst(imageName.substring(dot));
    }
    for (String ending : endings) {
      Path file = images.resolve(id + ending);
      if (Files.isRegularFile(file)) {
        return file;
      }
    }
    throw new NoSuchFileException(
        "%s: %s has no image; add %s or remove the line"
            .formatted(where, id, images.resolve(id + endings.getFirst())));
  }

  private Path splitFile(String split) throws IOException {
    Path file = folder.resolve("ImageSets").resolve("Main").resolve(split + ".txt");
    if (!Files.isRegularFile(file)) {
      throw new NoSuchFileException(
          "%s: no such split; there are %s".formatted(file, String.join(", ", splits)));
    }
    return file;
  }

  private static Set<String> names(Iterable<VocAnnotation> annotations) {
    Set<String> names = new TreeSet<>();
    for (VocAnnotation annotation : annotations) {
      for (VocObject object : annotation.objects()) {
        names.add(object.category());
      }
    }
    return names;
  }

  private static List<String> splitNames(Path folder) throws IOException {
    List<String> names = new ArrayList<>();
    for (Path file : list(folder.resolve("ImageSets").resolve("Main"), "*.txt")) {
      names.add(stem(file));
    }
    return names;
  }

  private static List<Path> list(Path folder, String glob) throws IOException {
    if (!Files.isDirectory(folder)) {
      throw new NoSuchFileException(
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
