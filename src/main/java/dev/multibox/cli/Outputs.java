package dev.multibox.cli;

import dev.multibox.train.RunDirectory;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;

/** Where commands write: nothing that somebody may want to keep is overwritten. */
final class Outputs {
  private Outputs() {}

  /**
   * Refuses a folder that {@link #newFolder} would refuse, before any work is done.
   *
   * @throws UserError if it is a file, or a folder that is not empty
   */
  static void requireNew(Path folder) throws IOException {
    if (Files.exists(folder)) {
      newFolder(folder);
    }
  }

  /**
   * Makes {@code folder}, with those above it.
   *
   * @throws UserError if it is a file, or a folder that is not empty
   */
  static Path newFolder(Path folder) throws IOException {
    if (Files.exists(folder) && !Files.isDirectory(folder)) {
      throw UserError.of("%s: is a file; name a folder that is new or empty", folder);
    }
    Files.createDirectories(folder);
    try (DirectoryStream<Path> content = Files.newDirectoryStream(folder)) {
      if (content.iterator().hasNext()) {
        throw UserError.of("%s: is not empty; name a folder that is new or empty", folder);
      }
    }
    return folder;
  }

  /** {@link RunDirectory#numberedFolder}. */
  static Path numberedFolder(Path parent, String name) throws IOException {
    return RunDirectory.numberedFolder(parent, name);
  }

  /**
   * Refuses a file that could not be written in the end, before the work is done.
   *
   * @throws UserError if {@code file} is a folder, or its folder is missing or may not be written
   */
  static void requireWritable(Path file) {
    Path folder = file.toAbsolutePath().getParent();
    if (Files.isDirectory(file)) {
      throw UserError.of("%s: is a folder; name a file", file);
    }
    if (folder == null || !Files.isDirectory(folder)) {
      throw UserError.of("%s: the folder %s does not exist; create it first", file, folder);
    }
    if (!Files.isWritable(folder)) {
      throw UserError.of("%s: may not be written; name a file in another folder", file);
    }
  }

  /** {@link RunDirectory#writeJson}. */
  static void writeJson(Path file, Object content) throws IOException {
    RunDirectory.writeJson(file, content);
  }
}
