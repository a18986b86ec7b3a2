package dev.multibox.cli;

import java.nio.file.Path;
import java.util.HashSet;
import java.util.Locale;
import java.util.Set;

/**
 * Names pictures after the images they show: {@code a/1.jpg} becomes {@code 1.png}; a second image
 * called 1, of another folder or another kind, {@code 1-2.png}.
 */
final class PictureNames {
  private final Set<String> taken = new HashSet<>();

  /** The name of the next picture; every call gives another one. */
  String next(Path image) {
    String base = baseName(image);
    String name = base;
    for (int number = 2; !isFree(name); number++) {
      name = base + "-" + number;
    }
    return name + ".png";
  }

  // Some file systems do not tell A from a.
  private boolean isFree(String name) {
    return taken.add(name.toLowerCase(Locale.ROOT));
  }

  private static String baseName(Path image) {
    String name = String.valueOf(image.getFileName());
    int dot = name.lastIndexOf('.');
    return dot > 0 ? name.substring(0, dot) : name;
  }
}
