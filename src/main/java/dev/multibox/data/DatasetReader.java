package dev.multibox.data;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** A folder of images and annotations in one of the layouts in use. */
public interface DatasetReader {
  /** How a folder is laid out. */
  enum Layout {
    /** {@code JPEGImages}, {@code Annotations} and {@code ImageSets/Main}, after PASCAL VOC. */
    VOC,
    /** {@code annotations/*.json} and folders of images, after COCO. */
    COCO
  }

  /** The folder's own name. */
  String name();

  /** The splits that can be read, sorted. */
  List<String> splits();

  /**
   * The images of a split with sound annotations.
   *
   * @throws IOException if there is no such split, or for the first fault
   */
  default Dataset read(String split) throws IOException {
    return read(split, Faults.REFUSED);
  }

  /**
   * The images of a split, without those and their objects in which there are faults.
   *
   * @throws IOException if there is no such split, or as {@code faults} decides
   */
  Dataset read(String split, Faults faults) throws IOException;

  /** What is annotated and belongs to no split; empty if there is nothing of the kind. */
  default Optional<Dataset> unlisted(Faults faults) throws IOException {
    return Optional.empty();
  }

  /**
   * The split that {@code wanted} means: the one of this name; else the only one that adds a year,
   * as {@code val2017}; for {@code val} else {@code valid} or {@code validation}.
   */
  default Optional<String> find(String wanted) {
    if (splits().contains(wanted)) {
      return Optional.of(wanted);
    }
    List<String> years =
        splits().stream()
            .filter(split ->
                split.startsWith(wanted) && split.substring(wanted.length()).matches("\\d+"))
            .toList();
    if (!years.isEmpty()) {
      return years.size() == 1 ? Optional.of(years.getFirst()) : Optional.empty();
    }
    return wanted.equals("val")
        ? splits().stream().filter(split -> split.matches("valid(ation)?")).findFirst()
        : Optional.empty();
  }

  /**
   * A reader of {@code folder}, whose layout shows.
   *
   * @throws IOException if there is no such folder, or its layout does not show
   */
  static DatasetReader open(Path folder) throws IOException {
    return open(folder, layout(folder), Faults.REFUSED);
  }

  /**
   * A reader of {@code folder} in this layout.
   *
   * @throws IOException if the folder does not have this layout
   */
  static DatasetReader open(Path folder, Layout layout) throws IOException {
    return open(folder, layout, Faults.REFUSED);
  }

  /**
   * A reader of {@code folder} in this layout, without those files in which there are faults.
   *
   * @throws IOException if the folder does not have this layout, or as {@code faults} decides
   */
  static DatasetReader open(Path folder, Layout layout, Faults faults) throws IOException {
    if (!Files.isDirectory(folder)) {
      throw new FileNotFoundException(
          folder
              + ": no such folder; name an existing data set, or make one with"
              + " 'multibox data shapes --out "
              + folder
              + "'");
    }
    return switch (layout) {
      case VOC -> VocReader.open(folder, faults);
      case COCO -> CocoReader.open(folder);
    };
  }

  /**
   * The layout that shows: {@code ImageSets/Main} means VOC, {@code annotations/*.json} COCO.
   *
   * @throws IOException if there is no such folder, or it has both or neither
   */
  static Layout layout(Path folder) throws IOException {
    boolean voc = Files.isDirectory(folder.resolve("ImageSets").resolve("Main"));
    // VOC's Annotations folder is the same folder as annotations where case does not count, hence
    // the look at what is in it.
    boolean coco = CocoFolder.hasAnnotations(folder);
    if (voc && coco) {
      throw new IOException(
          folder
              + ": has both ImageSets/Main (VOC) and annotations/*.json (COCO);"
              + " say which with --layout voc|coco or --annotations FILE --images DIR");
    }
    if (!voc && !coco && Files.isDirectory(folder)) {
      throw new IOException(
          folder
              + ": has neither ImageSets/Main (VOC) nor annotations/*.json (COCO);"
              + " name the data set's top folder, or use --layout voc|coco"
              + " or --annotations FILE --images DIR");
    }
    return coco ? Layout.COCO : Layout.VOC;
  }
}
