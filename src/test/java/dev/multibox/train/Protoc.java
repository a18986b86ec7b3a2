package dev.multibox.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

/** Reads protocol buffers by Google's own compiler, which the build puts into {@code target}. */
final class Protoc {
  private Protoc() {}

  /** The fields of a message by their numbers, one a line, as {@code protoc --decode_raw} says. */
  static List<String> decode(byte[] message) throws IOException, InterruptedException {
    List<Path> found = candidates().filter(Files::isRegularFile).toList();
    assumeThat(found)
        .describedAs("protoc in target/protoc, where Maven puts it, or on the PATH")
        .isNotEmpty();
    File program = found.getFirst().toFile();
    if (!program.canExecute()) {
      assertThat(program.setExecutable(true)).isTrue();
    }
    Process process = new ProcessBuilder(program.getAbsolutePath(), "--decode_raw").start();
    process.getOutputStream().write(message);
    process.getOutputStream().close();
    String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).isZero();
    return text.lines().map(String::strip).toList();
  }

  private static Stream<Path> candidates() {
    String[] folders = System.getenv().getOrDefault("PATH", "").split(File.pathSeparator);
    return Stream.concat(
        Stream.of(Path.of("target", "protoc", "protoc.exe")),
        Arrays.stream(folders).map(folder -> Path.of(folder, "protoc")));
  }
}
