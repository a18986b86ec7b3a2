package dev.multibox.cli;

import dev.multibox.ChildJvm;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;

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
    List<String> words = ChildJvm.command();
    words.add(MultiBox.class.getName());
    return words;
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
