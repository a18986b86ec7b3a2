package dev.multibox.data;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;

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

  /** The names of the categories, the same for every split. */
  List<String> categories();

  /**
   * The images of a split with validated annotations.
   *
   * @throws IOException if there is no such split, or anything in it is wrong; the message names
   *     file, line and remedy
   */
  Dataset read(String split) throws IOException;

  /**
   * A reader of {@code folder}, whose layout shows.
   *
   * @throws IOException if there is no such folder, or its layout does not show
   */
  static DatasetReader open(Path folder) throws IOException {
    return open(folder, detect(folder));
  }

  /**
   * A reader of {@code folder} in this layout.
   *
   * @throws IOException if the folder does not have this layout
   */
  static DatasetReader open(Path folder, Layout layout) throws IOException {
    return switch (layout) {
      case VOC -> VocReader.open(folder);
      case COCO ->
          throw new IOException(
              folder
                  + ": COCO annotations cannot be read yet; convert the folder to VOC layout"
                  + " (JPEGImages, Annotations, ImageSets/Main)");
    };
  }

  private static Layout detect(Path folder) throws IOException {
    requireFolder(folder);
    boolean voc = Files.isDirectory(folder.resolve("ImageSets").resolve("Main"));
    boolean coco = hasJson(folder.resolve("annotations"));
    if (voc && coco) {
      throw new IOException(
          folder
              + ": has both ImageSets/Main (VOC) and annotations/*.json (COCO);"
              + " say which with --layout voc or --layout coco");
    }
    if (!voc && !coco) {
      throw new IOException(
          folder
              + ": has neither ImageSets/Main (VOC) nor annotations/*.json (COCO);"
              + " name the data set's top folder, or say --layout voc or --layout coco");
    }
    return voc ? Layout.VOC : Layout.COCO;
  }

  /** Refuses a folder that is none. */
  private static void requireFolder(Path folder) throws IOException {
    if (!Files.isDirectory(folder)) {
      throw new NoSuchFileException(
          folder
              + ": no such folder; name an existing data set, or make one with"
              + " 'multibox data shapes --out "
              + folder
              + "'");
    }
  }

  // VOC's Annotations folder is the same folder as annotations where case does not count, hence the
  // look at what is in it.
  private static boolean hasJson(Path annotations) throws IOException {
    if (!Files.isDirectory(annotations)) {
      return false;
    }
    try (DirectoryStream<Path> files = Files.newDirectoryStream(annotations, "*.json")) {
      return files.iterator().hasNext();
    }
  }
}
