package dev.multibox;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Assumptions;

/** Builds small libraries that stand in for CUDA's, where this machine has a C compiler. */
public final class CCompiler {
  private CCompiler() {}

  /** Skips the test that asks, saying so, unless this is Linux on x86 with gcc. */
  public static void require() {
    boolean linux =
        System.getProperty("os.name").equals("Linux")
            && System.getProperty("os.arch").equals("amd64");
    Assumptions.assumeTrue(linux, "stands in for libraries of 64-bit Linux on x86 only");
    try {
      Process process = new ProcessBuilder("gcc", "--version").redirectErrorStream(true).start();
      process.getInputStream().readAllBytes();
      Assumptions.assumeTrue(process.waitFor() == 0, "gcc does not work here");
    } catch (IOException e) {
      Assumptions.abort("no gcc on the PATH: " + e.getMessage());
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  /**
   * A shared library of C {@code source}, whose name is also its soname.
   *
   * @param options of gcc, behind the source: libraries to link to, for example
   */
  public static Path library(Path folder, String name, String source, String... options)
      throws IOException {
    Path code = folder.resolve(name + ".c");
    Files.writeString(code, source);
    Path library = folder.resolve(name);
    List<String> words =
        new ArrayList<>(
            List.of("gcc", "-shared", "-fPIC", "-O1", "-Wall", "-Werror", "-Wl,-soname," + name));
    words.addAll(List.of("-o", library.toString(), code.toString()));
    words.addAll(List.of(options));
    Process process = new ProcessBuilder(words).redirectErrorStream(true).start();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    try {
      if (process.waitFor() != 0) {
        throw new AssertionError("%s:%n%s".formatted(String.join(" ", words), said));
      }
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
    return library;
  }
}
