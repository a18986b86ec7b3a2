package dev.multibox.train;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.multibox.eval.CocoNumber;
import dev.multibox.weights.FileFailure;
import dev.multibox.weights.WholeFile;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * What a run leaves: {@code config.json}, {@code log.jsonl}, {@code checkpoints/}, {@code
 * metrics.json}, {@code curves.png}, {@code samples/} and TensorBoard's events. Files are written
 * under a temporary name and renamed, the log grows by whole lines. While it is open no other
 * process can open it.
 */
public final class RunDirectory implements AutoCloseable {
  /** The checkpoint that a run goes on from. */
  public static final String LAST = "last";

  /** The checkpoint of the highest AP. */
  public static final String BEST = "best";

  private static final String CONFIG = "config.json";
  private static final String CHECKPOINTS = "checkpoints";
  private static final String LOG = "log.jsonl";
  private static final JsonMapper JSON =
      JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();

  private final Path folder;
  private final RunLock lock;
  private final LogFile log;

  private RunDirectory(Path folder, RunLock lock, LogFile log) {
    this.folder = folder;
    this.lock = lock;
    this.log = log;
  }

  /** A run in a {@link #numberedFolder}. */
  public static RunDirectory createNumbered(Path parent, TrainConfig config) throws IOException {
    return create(numberedFolder(parent, config.name()), config);
  }

  /**
   * Makes the first of {@code parent/name-1}, {@code parent/name-2}, … that does not exist. Two
   * processes that ask at once get two folders.
   */
  public static Path numberedFolder(Path parent, String name) throws IOException {
    Path folder = parent;
    try {
      Files.createDirectories(parent);
      for (int number = 1; ; number++) {
        folder = parent.resolve(name + "-" + number);
        try {
          return Files.createDirectory(folder);
        } catch (FileAlreadyExistsException _) {
          // Taken, perhaps this moment by another process: try the next number.
        }
      }
    } catch (IOException e) {
      throw notMade(folder, e);
    }
  }

  /**
   * Makes {@code folder}, or takes it if it is empty, and writes what the run follows from.
   *
   * @throws FileAlreadyExistsException if something is in it
   * @throws IOException if it cannot be written; nothing is left in it
   */
  public static RunDirectory create(Path folder, TrainConfig config) throws IOException {
    requireEmpty(folder);
    try {
      Files.createDirectories(folder.resolve(CHECKPOINTS));
    } catch (IOException e) {
      throw notMade(folder, e);
    }
    try {
      writeJson(folder.resolve(CONFIG), config);
      return hold(folder);
    } catch (IOException e) {
      empty(folder, e);
      throw e;
    }
  }

  /**
   * Opens a run that was stopped.
   *
   * @throws IOException if it cannot be written, or another process trains in it
   */
  public static RunDirectory open(Path folder) throws IOException {
    return hold(folder);
  }

  private static RunDirectory hold(Path folder) throws IOException {
    RunLock lock = RunLock.take(folder);
    try {
      return new RunDirectory(folder, lock, LogFile.open(folder.resolve(LOG)));
    } catch (IOException e) {
      lock.close();
      throw e;
    }
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

  private static IOException notMade(Path folder, IOException cause) {
    return new IOException(
        "%s: the folder could not be made (%s); name another with --out"
            .formatted(folder, FileFailure.reason(cause)),
        cause);
  }

  /** Takes back what {@link #create} made, where even the first file could not be written. */
  private static void empty(Path folder, IOException first) {
    try {
      Files.deleteIfExists(folder.resolve(CONFIG));
      Files.deleteIfExists(folder.resolve(CHECKPOINTS));
      Files.deleteIfExists(folder);
    } catch (IOException second) {
      first.addSuppressed(second);
    }
  }

  public Path folder() {
    return folder;
  }

  /** {@code checkpoints/<name>.safetensors}. */
  public Path checkpoint(String name) {
    return checkpoint(folder, name);
  }

  /** The checkpoint of this name of the run in {@code folder}. */
  public static Path checkpoint(Path folder, String name) {
    return folder.resolve(CHECKPOINTS).resolve(name + ".safetensors");
  }

  /** The configuration of the run in {@code folder}. */
  public static Path config(Path folder) {
    return folder.resolve(CONFIG);
  }

  /** Where {@link #writeMetrics} writes. */
  public Path metrics() {
    return folder.resolve("metrics.json");
  }

  /** Where the curves of the whole run are drawn. */
  public Path curves() {
    return folder.resolve("curves.png");
  }

  /** The folder of pictures of what the run is trained on. */
  public Path samples() {
    return folder.resolve("samples");
  }

  /** What {@link #log} appends to. */
  Path logFile() {
    return folder.resolve(LOG);
  }

  public void writeConfig(TrainConfig config) throws IOException {
    writeJson(config(folder), config);
  }

  /** Writes the results of the last evaluation, by the names of the field. */
  public void writeMetrics(Object metrics) throws IOException {
    writeJson(metrics(), metrics);
  }

  /** Writes {@code content} as JSON, as {@link WholeFile} writes. */
  public static void writeJson(Path file, Object content) throws IOException {
    WholeFile.write(file, JSON.writeValueAsString(content) + "\n");
  }

  /** Appends one line to {@code log.jsonl}. */
  public void log(Map<String, Object> line) throws IOException {
    log.append(line);
  }

  /**
   * Takes back what a run left that went on behind {@code state} and was then killed: the log's
   * lines behind it, the metrics of an evaluation behind it, and files that were being written. The
   * same steps will write the same again.
   */
  public void rewind(RunState state) throws IOException {
    WholeFile.deleteLeftOver(folder);
    WholeFile.deleteLeftOver(folder.resolve(CHECKPOINTS));
    if (Files.isDirectory(samples())) {
      WholeFile.deleteLeftOver(samples());
    }
    List<JsonNode> behind = log.cut(line -> line.path("iteration").asLong() <= limit(line, state));
    if (behind.stream().anyMatch(RunDirectory::isEvaluation)) {
      Files.deleteIfExists(metrics());
    }
  }

  private static long limit(JsonNode line, RunState state) {
    return isEvaluation(line) ? state.evaluated() : state.iteration();
  }

  private static boolean isEvaluation(JsonNode line) {
    return line.has(CocoNumber.AP.key());
  }

  /** Lets other processes open it. */
  @Override
  public void close() throws IOException {
    log.close();
    lock.close();
  }
}
