package dev.multibox.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EventFileTest {
  private static final Clock CLOCK =
      Clock.fixed(Instant.ofEpochSecond(1_767_225_600, 250_000_000), ZoneOffset.UTC);

  @TempDir Path folder;

  private List<Path> files() throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.sorted().toList();
    }
  }

  private Path write(long firstStep) throws IOException {
    try (EventFile events = EventFile.create(folder, firstStep, CLOCK)) {
      Map<String, Double> values = new LinkedHashMap<>();
      values.put("loss/total", 3.5);
      values.put("learning_rate", 0.01);
      events.scalars(20, values);
      events.scalars(1L << 40, Map.of("validation/AP", 0.25));
    }
    return files().getLast();
  }

  @Test
  void theNameIsWhatTensorBoardLooksFor() throws IOException {
    assertThat(write(1).getFileName().toString())
        .matches("events\\.out\\.tfevents\\.1767225600\\.multibox\\.\\d+\\.0");
  }

  @Test
  void twoFilesOfTheSameSecondAreTwoFiles() throws IOException {
    write(1);
    write(1);

    assertThat(files()).hasSize(2);
    assertThat(files().getLast().toString()).endsWith(".1");
  }

  @Test
  void everyRecordHasItsLengthAndChecksums() throws IOException {
    assertThat(EventRecords.read(write(1))).hasSize(4);
  }

  @Test
  void protocReadsWhatWasWritten() throws IOException, InterruptedException {
    List<byte[]> records = EventRecords.read(write(801));

    // 1 wall_time, 2 step, 3 file_version, 5 summary, 7 session_log; floating point as its bits.
    String time = "1: 0x41da556e40100000"; // Python: struct.pack(">d", 1767225600.25).hex()
    assertThat(Protoc.decode(records.get(0))).containsExactly(time, "2: 0", "3: \"brain.Event:2\"");
    assertThat(Protoc.decode(records.get(1))).containsExactly(time, "2: 801", "7 {", "1: 1", "}");
    assertThat(Protoc.decode(records.get(2)))
        .containsExactly(
            time,
            "2: 20",
            "5 {",
            "1 {",
            "1: \"loss/total\"",
            "2: 0x40600000",
            "}",
            "1 {",
            "1: \"learning_rate\"",
            "2: 0x3c23d70a",
            "}",
            "}");
    assertThat(Protoc.decode(records.get(3))).contains("2: 1099511627776", "2: 0x3e800000");
  }

  @Test
  void aFolderThatIsNotThereIsNamed() {
    Path nowhere = folder.resolve("nowhere");
    assertThatIOException()
        .isThrownBy(() -> EventFile.create(nowhere, 1, CLOCK))
        .withMessageContaining("nowhere");
  }
}
