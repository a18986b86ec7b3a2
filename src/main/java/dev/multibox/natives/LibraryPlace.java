package dev.multibox.natives;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** One place where shared libraries may lie. */
interface LibraryPlace {
  /** How messages call it. */
  String name();

  /**
   * The library of this file name, or null if it is not here.
   *
   * @throws IOException if the place cannot be searched
   */
  @Nullable Path find(String fileName) throws IOException;

  /** Folders, of which the first that has the library gives it. */
  static LibraryPlace folders(String name, List<Path> folders) {
    return new LibraryPlace() {
      @Override
      public String name() {
        return name;
      }

      @Override
      public @Nullable Path find(String fileName) {
        for (Path folder : folders) {
          Path file = folder.resolve(fileName);
          if (Files.isRegularFile(file)) {
            return file;
          }
        }
        return null;
      }
    };
  }
}
