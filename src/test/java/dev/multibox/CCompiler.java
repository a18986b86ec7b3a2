package dev.multibox;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Builds small libraries that stand in for CUDA's, where this machine has a C compiler. */
public final class CCompiler {
  private CCompiler() {}

  /** Linux on x86 with gcc. */
  public record Gcc() implements Needs.Thing {
    @Override
    public String absence() {
      boolean linux =
          System.getProperty("os.name").equals("Linux")
              && System.getProperty("os.arch").equals("amd64");
      if (!linux) {
        return "stands in for libraries of 64-bit Linux on x86; run it there";
      }
      try {
        Process process = new ProcessBuilder("gcc", "--version").redirectErrorStream(true).start();
        process.getInputStream().readAllBytes();
        return process.waitFor() == 0 ? "" : "gcc --version fails here; install a gcc that works";
      } catch (IOException _) {
        return "no gcc on the PATH; install gcc";
      } catch (InterruptedException e) {
        throw new IllegalStateException(e);
      }
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
