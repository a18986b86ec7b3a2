package dev.multibox.cli;

import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.UUID;

/** Where commands write: nothing that somebody may want to keep is overwritten. */
final class Outputs {
  private static final JsonMapper JSON =
      JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();

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

  /**
   * Makes the first of {@code parent/name-1}, {@code parent/name-2}, … that does not exist. Two
   * processes that ask at once get two folders.
   */
  static Path numberedFolder(Path parent, String name) throws IOException {
    Files.createDirectories(parent);
    for (int number = 1; ; number++) {
      Path folder = parent.resolve(name + "-" + number);
      if (!Files.exists(folder)) {
        try {
          return Files.createDirectory(folder);
        } catch (FileAlreadyExistsException _) {
          // Another process was quicker.
        }
      }
    }
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

  /** Writes {@code content} as JSON under a temporary name first: nobody reads half of it. */
  static void writeJson(Path file, Object content) throws IOException {
    Path absolute = file.toAbsolutePath();
    Path temporary =
        absolute.resolveSibling(".%s.%s.tmp".formatted(file.getFileName(), UUID.randomUUID()));
    try {
      Files.writeString(temporary, JSON.writeValueAsString(content) + "\n");
      Files.move(temporary, absolute, StandardCopyOption.REPLACE_EXISTING);
    } finally {
      Files.deleteIfExists(temporary);
    }
  }
}
