package dev.multibox.gpu;

import dev.multibox.cli.UserError;
import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.PrintStream;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;

/**
 * A tool of NVIDIA's compute-sanitizer, under which the tests run in a process of their own.
 *
 * @param program the sanitizer
 * @param tool what it looks for: {@code memcheck} or {@code racecheck}
 */
record Sanitizer(Path program, String tool) {
  private static final String NAME = "compute-sanitizer";

  /** What the sanitizer ends with if it found something; Java ends with none like it. */
  private static final int FOUND_ERRORS = 9;

  /**
   * Both tools, in the order in which they should be run.
   *
   * @throws UserError if the sanitizer is not installed
   */
  static List<Sanitizer> all() {
    Path program =
        places()
            .map(folder -> folder.resolve(NAME))
            .filter(Files::isExecutable)
            .findFirst()
            .orElseThrow(() ->
                UserError.of(
                    "--sanitize: %s is not on the PATH, in CUDA_HOME/bin or in"
                        + " /usr/local/cuda/bin; it comes with CUDA's toolkit",
                    NAME));
    return Stream.of("memcheck", "racecheck").map(tool -> new Sanitizer(program, tool)).toList();
  }

  private static Stream<Path> places() {
    Stream<String> path = Stream.of(variable("PATH").split(File.pathSeparator, -1));
    Stream<String> cuda =
        Stream.of(variable("CUDA_HOME"), variable("CUDA_PATH"), "/usr/local/cuda")
            .filter(home -> !home.isEmpty())
            .map(home -> home + "/bin");
    return Stream.concat(path, cuda).filter(folder -> !folder.isEmpty()).map(Path::of);
  }

  private static String variable(String name) {
    return Objects.requireNonNullElse(System.getenv(name), "");
  }

  /**
   * Runs {@code main} under the tool, on a Java like this one, and shows what both print.
   *
   * @return what the run counted; errors that the sanitizer found, or an early end, count as one
   *     failure more
   */
  Counts run(Class<?> main, List<String> args, PrintStream out)
      throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(List.of(program.toString(), "--tool", tool));
    command.addAll(List.of("--error-exitcode", String.valueOf(FOUND_ERRORS)));
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(ManagementFactory.getRuntimeMXBean().getInputArguments());
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), main.getName()));
    command.addAll(args);
    out.println(tool + ": " + String.join(" ", command));
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    process.getOutputStream().close();
    Counts counted = Counts.NONE;
    try (BufferedReader lines = process.inputReader()) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        out.println(tool + ": " + line);
        counted = Counts.in(line).orElse(counted);
      }
    }
    return judge(counted, process.waitFor(), out);
  }

  private Counts judge(Counts counted, int exitCode, PrintStream out) {
    boolean toldByTests = counted.failed() > 0 && exitCode != FOUND_ERRORS;
    if (exitCode == 0 || toldByTests) {
      return counted;
    }
    out.println(
        exitCode == FOUND_ERRORS
            ? tool + " found errors, shown above"
            : "%s ended with code %d, as said above".formatted(tool, exitCode));
    return counted.plus(new Counts(0, 1));
  }
}
