package dev.multibox;

import java.io.File;
import java.io.IOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A JVM of its own for what a test should not do to the tests' JVM: load libraries that stand in
 * for others, or let a library end the process.
 */
public final class ChildJvm {
  private static final long PATIENCE_SECONDS = 120;

  /** How it ended, and what it printed on both streams. */
  public record Result(int exitCode, String output) {
    public List<String> lines() {
      return output.lines().toList();
    }
  }

  private ChildJvm() {}

  /** The command line of a JVM that has the classes of this one, to be followed by a main class. */
  public static List<String> command() {
    return new ArrayList<>(
        List.of(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "--enable-native-access=ALL-UNNAMED",
            "-XX:ActiveProcessorCount=1",
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",
            "-cp",
            classPath()));
  }

  /**
   * Test runners may load classes from elsewhere than the JVM's class path. The jar of profile
   * cuda-redist is left out, for it has all that tests want to be absent.
   */
  private static String classPath() {
    Stream<String> entries =
        ChildJvm.class.getClassLoader() instanceof URLClassLoader loader
            ? Arrays.stream(loader.getURLs()).map(URL::getPath)
            : Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator));
    return entries
        .filter(entry -> !entry.endsWith("-redist.jar"))
        .collect(Collectors.joining(File.pathSeparator));
  }

  /**
   * Runs {@code main} and waits for its end.
   *
   * @param options of the JVM, for example {@code -Dname=value}
   * @param environment variables that are set; one that is empty is removed
   */
  public static Result run(
      Class<?> main, List<String> options, Map<String, String> environment, Object... args)
      throws IOException, InterruptedException {
    List<String> words = command();
    words.addAll(1, options);
    words.add(main.getName());
    Arrays.stream(args).map(Object::toString).forEach(words::add);
    Path printed = Files.createTempFile("child-jvm", ".txt");
    try {
      ProcessBuilder builder =
          new ProcessBuilder(words).redirectErrorStream(true).redirectOutput(printed.toFile());
      environment.forEach((name, value) -> {
        if (value.isEmpty()) {
          builder.environment().remove(name);
        } else {
          builder.environment().put(name, value);
        }
      });
      Process process = builder.start();
      if (!process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
        process.destroyForcibly();
        throw new AssertionError("still running after %d s".formatted(PATIENCE_SECONDS));
      }
      return new Result(process.exitValue(), Files.readString(printed));
    } finally {
      Files.delete(printed);
    }
  }
}
