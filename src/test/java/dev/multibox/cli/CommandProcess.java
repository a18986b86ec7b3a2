package dev.multibox.cli;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/**
 * The command line in a process of its own, on one thread so that it is quick also where cores are
 * busy. What it prints goes to files in a folder.
 */
final class CommandProcess implements AutoCloseable {
  private static final long PATIENCE_SECONDS = 120;

  private final Process process;
  private final Path folder;

  private CommandProcess(Process process, Path folder) {
    this.process = process;
    this.folder = folder;
  }

  /** Starts {@code multibox ARGS}; what it prints goes to {@code folder}. */
  static CommandProcess start(Path folder, Object... args) throws IOException {
    List<String> words = command();
    Arrays.stream(args).map(Object::toString).forEach(words::add);
    return startAny(folder, words);
  }

  /** Starts any command line, for example one that calls {@link #command}. */
  static CommandProcess startAny(Path folder, List<String> words) throws IOException {
    Files.createDirectories(folder);
    Process process =
        new ProcessBuilder(words)
            .redirectOutput(folder.resolve("out").toFile())
            .redirectError(folder.resolve("err").toFile())
            .start();
    return new CommandProcess(process, folder);
  }

  /** {@code java … MultiBox}, as a list that may be added to. */
  static List<String> command() {
    return new ArrayList<>(
        List.of(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "--enable-native-access=ALL-UNNAMED",
            "-XX:ActiveProcessorCount=1",
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",
            "-cp",
            classPath(),
            MultiBox.class.getName()));
  }

  /** Test runners may load classes from elsewhere than the JVM's class path. */
  private static String classPath() {
    if (MultiBox.class.getClassLoader() instanceof URLClassLoader loader) {
      return Arrays.stream(loader.getURLs())
          .map(URL::getPath)
          .collect(Collectors.joining(System.getProperty("path.separator")));
    }
    return System.getProperty("java.class.path");
  }

  /** Waits until {@code file} contains {@code text}, or the process ends. */
  void awaitText(Path file, String text) throws IOException, InterruptedException {
    while (process.isAlive() && !(Files.exists(file) && Files.readString(file).contains(text))) {
      TimeUnit.MILLISECONDS.sleep(2);
    }
  }

  /** Sends SIGTERM. */
  void terminate() {
    process.destroy();
  }

  /** Waits for the end. */
  CommandRun await() throws InterruptedException {
    if (!process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
      process.destroyForcibly().waitFor();
      throw new AssertionError("still running after %d s".formatted(PATIENCE_SECONDS));
    }
    return new CommandRun(process.exitValue(), printed("out"), printed("err"));
  }

  private String printed(String stream) {
    try {
      return Files.readString(folder.resolve(stream), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Ends a process that a failed test left. */
  @Override
  public void close() {
    process.destroyForcibly();
  }
}
