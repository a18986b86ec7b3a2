package dev.multibox.train;

import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Stream;

/**
 * What a run leaves: {@code config.json}, {@code log.jsonl}, {@code checkpoints/} and {@code
 * metrics.json}. Files are written under a temporary name and renamed, the log grows by whole
 * lines.
 */
public final class RunDirectory {
  private static final JsonMapper JSON =
      JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();
  private static final JsonMapper LINE = new JsonMapper();

  private final Path folder;

  private RunDirectory(Path folder) {
    this.folder = folder;
  }

  /** A run in a {@link #numberedFolder}. */
  public static RunDirectory createNumbered(Path parent, String name) throws IOException {
    return create(numberedFolder(parent, name));
  }

  /**
   * Makes the first of {@code parent/name-1}, {@code parent/name-2}, … that does not exist. Two
   * processes that ask at once get two folders.
   */
  public static Path numberedFolder(Path parent, String name) throws IOException {
    Files.createDirectories(parent);
    for (int number = 1; ; number++) {
      try {
        return Files.createDirectory(parent.resolve(name + "-" + number));
      } catch (FileAlreadyExistsException _) {
        // Taken, perhaps this moment by another process: try the next number.
      }
    }
  }

  /**
   * Makes {@code folder}, or takes it if it is empty.
   *
   * @throws FileAlreadyExistsException if something is in it
   */
  public static RunDirectory create(Path folder) throws IOException {
    requireEmpty(folder);
    Files.createDirectories(folder.resolve("checkpoints"));
    return new RunDirectory(folder);
  }

  /**
   * Refuses a folder with something in it.
   *
   * @throws FileAlreadyExistsException if something is in it
   */
  private static void requireEmpty(Path folder) throws IOException {
    if (Files.isDirectory(folder)) {
      try (Stream<Path> content = Files.list(folder)) {
        if (content.findAny().isPresent()) {
          throw new FileAlreadyExistsException(
              folder + ": is not empty; name a new folder with --out");
        }
      }
    } else if (Files.exists(folder)) {
      throw new FileAlreadyExistsException(folder + ": is a file; name a new folder with --out");
    }
  }

  public Path folder() {
    return folder;
  }

  /** {@code checkpoints/<name>.safetensors}. */
  public Path checkpoint(String name) {
    return folder.resolve("checkpoints").resolve(name + ".safetensors");
  }

  /** Where {@link #writeMetrics} writes. */
  public Path metrics() {
    return folder.resolve("metrics.json");
  }

  public void writeConfig(TrainConfig config) throws IOException {
    writeJson(folder.resolve("config.json"), config);
  }

  /** Writes the results of the last evaluation, by the names of the field. */
  public void writeMetrics(Object metrics) throws IOException {
    writeJson(metrics(), metrics);
  }

  /** Writes {@code content} as JSON under a temporary name first: nobody reads half of it. */
  public static void writeJson(Path file, Object content) throws IOException {
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

  /** Appends one line to {@code log.jsonl}. */
  public void log(Map<String, Object> line) throws IOException {
    Files.write(
        folder.resolve("log.jsonl"),
        (LINE.writeValueAsString(line) + "\n").getBytes(StandardCharsets.UTF_8),
        StandardOpenOption.CREATE,
        StandardOpenOption.APPEND);
  }
}
