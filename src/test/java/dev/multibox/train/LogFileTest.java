package dev.multibox.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LogFileTest {
  @TempDir Path folder;

  private Path written(String content) throws IOException {
    return Files.writeString(folder.resolve("log.jsonl"), content);
  }

  @Test
  void goesOnBehindTheLastLine() throws IOException {
    Path file = written("{\"iteration\":1}\n");
    try (LogFile log = LogFile.open(file)) {
      log.append(Map.of("iteration", 2));
      log.append(Map.of("iteration", 3));
    }

    assertThat(file).hasContent("{\"iteration\":1}\n{\"iteration\":2}\n{\"iteration\":3}\n");
  }

  @Test
  void cutsBehindTheLinesThatAreKeptAndGoesOnThere() throws IOException {
    Path file = written("{\"iteration\":1}\n{\"iteration\":2}\n{\"iteration\":3}\n{\"itera");
    try (LogFile log = LogFile.open(file)) {
      assertThat(log.cut(line -> line.path("iteration").asInt() != 2))
          .extracting(line -> line.path("iteration").asInt())
          .containsExactly(2, 3);
      log.append(Map.of("iteration", 4));
    }

    assertThat(file).hasContent("{\"iteration\":1}\n{\"iteration\":4}\n");
  }

  @Test
  void cutsTheBeginningOfALineAlone() throws IOException {
    Path file = written("{\"iteration\":1}\n{\"itera");
    try (LogFile log = LogFile.open(file)) {
      assertThat(log.cut(_ -> true)).isEmpty();
    }

    assertThat(file).hasContent("{\"iteration\":1}\n");
  }

  @Test
  void namesALineThatIsNone() throws IOException {
    Path file = written("{\"iteration\":1}\noops\n{\"iteration\":2}\n");
    try (LogFile log = LogFile.open(file)) {
      assertThatIOException()
          .isThrownBy(() -> log.cut(_ -> true))
          .withMessage(file + ":2: is no JSON object; correct the line, or move the file away");
    }

    assertThat(file).hasContent("{\"iteration\":1}\noops\n{\"iteration\":2}\n");
  }

  @Test
  void namesTheFileWhereTheDiskIsFull() throws IOException {
    Path full = Path.of("/dev/full");
    Assumptions.assumeTrue(Files.exists(full), "this system has no /dev/full");
    Path file = Files.createSymbolicLink(folder.resolve("log.jsonl"), full);
    try (LogFile log = LogFile.open(file)) {
      assertThatIOException()
          .isThrownBy(() -> log.append(Map.of("iteration", 1)))
          .withMessageStartingWith(file + ": could not be written (No space left on device); free");
    }
    Files.delete(file);
  }

  @Test
  void namesTheFileThatItCannotOpen() {
    Path file = folder.resolve("missing/log.jsonl");

    assertThatIOException()
        .isThrownBy(() -> LogFile.open(file))
        .withMessageStartingWith(file + ": could not be written (no such file or folder); free");
  }
}
