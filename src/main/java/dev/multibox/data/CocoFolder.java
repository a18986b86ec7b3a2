package dev.multibox.data;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Where things lie in COCO's layout, and what its files are called. */
final class CocoFolder {
  /** What files of annotations are called; of several, those alone that fit the first count. */
  private static final List<Pattern> NAMES =
      List.of(
          Pattern.compile("instances_(.+)"),
          Pattern.compile("(?:.*?[_.-])?((?:train|val|test).*)"),
          Pattern.compile("(.+)"));

  private CocoFolder() {}

  static boolean hasAnnotations(Path folder) throws IOException {
    return !jsonFiles(folder.resolve("annotations")).isEmpty();
  }

  /**
   * The annotation files of a folder by split. They lie in {@code annotations}, or beside the
   * images. Where there are some named {@code instances_SPLIT.json}, as COCO's own, the others
   * (captions, key points) are none; else where some names end in a split, as {@code train.json} or
   * {@code coco_val2017.json}, these alone; else every file is a split of its own name.
   *
   * @throws IOException if there is none, or two are of the same split
   */
  static SortedMap<String, Path> splits(Path folder) throws IOException {
    List<Path> files = jsonFiles(folder.resolve("annotations"));
    if (files.isEmpty()) {
      files = jsonFiles(folder);
    }
    if (files.isEmpty()) {
      throw new FileNotFoundException(
          folder
              + ": has no annotations/*.json, as COCO's layout wants;"
              + " name the file with --annotations FILE --images DIR");
    }
    for (Pattern name : NAMES) {
      SortedMap<String, Path> splits = splits(name, files);
      if (!splits.isEmpty()) {
        return splits;
      }
    }
    throw new IllegalStateException("COCO: the last pattern fits every name");
  }

  private static SortedMap<String, Path> splits(Pattern name, List<Path> files) throws IOException {
    SortedMap<String, Path> splits = new TreeMap<>();
    for (Path file : files) {
      Matcher matcher = name.matcher(stem(file));
      if (matcher.matches()) {
        Path other = splits.put(matcher.group(1), file);
        if (other != null) {
          throw new IOException(
              "%s: is split %s as %s is; name one with --annotations FILE --images DIR"
                  .formatted(file, matcher.group(1), other));
        }
      }
    }
    return splits;
  }

  /** The split that a file's name means where it stands alone. */
  static String split(Path file) throws IOException {
    for (Pattern name : NAMES) {
      SortedMap<String, Path> split = splits(name, List.of(file));
      if (!split.isEmpty()) {
        return split.firstKey();
      }
    }
    return stem(file);
  }

  /**
   * The folders in which a split's images may lie, the likeliest first.
   *
   * @param folder the data set's, or one that a user named
   * @param annotations the split's annotation file
   */
  static List<Path> imageFolders(Path folder, String split, Path annotations) {
    String year = split.matches(".*\\d") ? split : split + "2017";
    Path images = folder.resolve("images");
    List<Path> folders = new ArrayList<>();
    folders.add(folder);
    for (Path parent : List.of(images, folder)) {
      folders.add(parent.resolve(split));
      folders.add(parent.resolve(year));
      folders.add(parent.resolve(split.replaceFirst("\\d+$", "")));
    }
    folders.add(images);
    folders.add(folder.resolve("JPEGImages"));
    folders.add(annotations.resolveSibling(""));
    return folders.stream().distinct().filter(Files::isDirectory).toList();
  }

  private static List<Path> jsonFiles(Path folder) throws IOException {
    List<Path> files = new ArrayList<>();
    if (Files.isDirectory(folder)) {
      try (DirectoryStream<Path> stream = Files.newDirectoryStream(folder, "*.json")) {
        stream.forEach(files::add);
      }
    }
    Collections.sort(files);
    return files;
  }

  private static String stem(Path file) {
    String name = String.valueOf(file.getFileName());
    return name.endsWith(".json") ? name.substring(0, name.length() - ".json".length()) : name;
  }
}
