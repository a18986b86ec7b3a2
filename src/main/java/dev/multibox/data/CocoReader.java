package dev.multibox.data;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Reads COCO's layout: {@code annotations/instances_SPLIT.json} and a folder of images for each
 * split; {@link CocoFolder} says which other names will do.
 *
 * <p>The categories are those that the split's file lists, with or without objects, in the order of
 * their ids; the ids may have gaps, and metrics keep them. Images come in the order of their ids.
 * Crowds are read as such: they are evaluated against and not trained on. A box may reach over the
 * image's edge by one pixel and is cut off there.
 */
public final class CocoReader implements DatasetReader {
  private final String name;
  private final SortedMap<String, Path> files;
  private final Path folder;

  private CocoReader(String name, SortedMap<String, Path> files, Path folder) {
    this.name = name;
    this.files = files;
    this.folder = folder;
  }

  /**
   * A reader of a folder's annotation files, which are not looked into yet.
   *
   * @throws IOException if there are none, or two are of the same split
   */
  public static CocoReader open(Path folder) throws IOException {
    return new CocoReader(
        String.valueOf(folder.toAbsolutePath().normalize().getFileName()),
        CocoFolder.splits(folder),
        folder);
  }

  /**
   * A reader of annotation files named one by one, each a split of that name.
   *
   * @param files paths of annotation files
   * @param images the folder of their images, or one above it as in {@link #open}
   * @throws IOException if one of them does not exist
   */
  public static CocoReader of(List<Path> files, Path images) throws IOException {
    if (!Files.isDirectory(images)) {
      throw new FileNotFoundException(images + ": no such folder; name that of the images");
    }
    SortedMap<String, Path> splits = new TreeMap<>();
    for (Path file : files) {
      if (!Files.isRegularFile(file)) {
        throw new FileNotFoundException(file + ": no such file; name a file of COCO annotations");
      }
      splits.put(file.toString(), file);
    }
    return new CocoReader(String.valueOf(images.getFileName()), splits, images);
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public List<String> splits() {
    return List.copyOf(files.keySet());
  }

  @Override
  public Dataset read(String split, Faults faults) throws IOException {
    Path path = files.get(split);
    if (path == null) {
      throw new FileNotFoundException(
          "%s: there is no split %s; there are %s"
              .formatted(folder, split, String.join(", ", splits())));
    }
    Tally tally = new Tally();
    CocoIndex index = CocoIndex.of(CocoFile.read(path, faults, tally), faults, tally);
    List<Path> folders = CocoFolder.imageFolders(folder, CocoFolder.split(path), path);
    List<ImageRecord> images = ImageRecords.of(index.listed(folders, faults), faults, tally);
    return new Dataset(
        name + " " + split, index.categoryNames(), index.categoryIds(), images, tally.remarks());
  }
}
