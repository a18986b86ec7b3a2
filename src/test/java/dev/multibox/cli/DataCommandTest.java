package dev.multibox.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DataCommandTest {
  @TempDir private Path folder;

  private Path shapes;

  @BeforeEach
  void drawShapes() {
    shapes = folder.resolve("shapes");
    CommandRun run =
        CommandRun.of("data", "shapes", "--out", shapes, "--train", 3, "--val", 2, "--test", 1);
    assertThat(run.exitCode()).describedAs(run.err()).isEqualTo(ExitCode.DONE);
    assertThat(run.out()).contains("3 train, 2 val, 1 test images");
  }

  @Test
  void checkCountsWhatIsThere() throws IOException {
    Path json = folder.resolve("check.json");
    CommandRun run =
        CommandRun.of(
            "data", "check", shapes, "--model", "ssd-tiny", "--input-size", 96, "--json", json);
    assertThat(run.exitCode()).describedAs(run.err()).isEqualTo(ExitCode.DONE);
    assertThat(run.err()).isEmpty();
    assertThat(run.out().lines())
        .anyMatch(line -> line.startsWith("train: 3 images ("))
        .anyMatch(line -> line.startsWith("test: 1 images ("))
        .anyMatch(line -> line.startsWith("  priors  of ssd-tiny at 96x96 overlap "));
    JsonNode written = new JsonMapper().readTree(json.toFile());
    assertThat(written.path("faults").isEmpty()).isTrue();
    JsonNode train = written.at("/splits/train/statistics");
    assertThat(train.path("images").asInt()).isEqualTo(3);
    assertThat(train.path("categories").size()).isBetween(1, 6);
    long objects = 0;
    for (JsonNode count : train.path("categories")) {
      objects += count.asLong();
    }
    assertThat(train.path("objects").asLong()).isEqualTo(objects).isPositive();
    assertThat(train.at("/width/median").asDouble()).isBetween(64.0, 256.0);
    assertThat(written.at("/splits/train/fitted").asDouble()).isBetween(0.1, 1.0);
  }

  @Test
  void checkListsEveryFault() throws IOException {
    Path broken = shapes.resolve("Annotations/train_00000.xml");
    Files.writeString(broken, Files.readString(broken).replace("</annotation>", ""));
    Path turned = shapes.resolve("Annotations/val_00000.xml");
    Files.writeString(
        turned, Files.readString(turned).replaceFirst("<xmin>.*</xmin>", "<xmin>999</xmin>"));
    Path cut;
    try (Stream<Path> files = Files.list(shapes.resolve("JPEGImages"))) {
      cut = files.filter(file -> file.toString().contains("test_00000")).findFirst().orElseThrow();
    }
    byte[] bytes = Files.readAllBytes(cut);
    Files.write(cut, Arrays.copyOf(bytes, bytes.length * 2 / 3));

    CommandRun run = CommandRun.of("data", "check", shapes);
    assertThat(run.exitCode()).isEqualTo(ExitCode.FAILED);
    assertThat(run.out().lines().limit(4).toList())
        .satisfiesExactly(
            line -> assertThat(line).startsWith(broken + ":"),
            line -> assertThat(line).startsWith(turned + ":").contains("xmax <= xmin"),
            line -> assertThat(line).startsWith(cut + ": cannot be decoded"),
            line -> assertThat(line).startsWith("3 faults"));
    assertThat(CommandRun.of("data", "check", shapes, "--no-decode").out()).contains("2 faults");
  }

  @Test
  void wrongInputIsRefusedWithCodeTwo() throws IOException {
    Files.createFile(folder.resolve("kept"));
    assertRefused("exists and is not an empty folder", "shapes", "--out", folder);
    Path other = folder.resolve("other");
    assertRefused("size was 5, wanted at least 32", "shapes", "--out", other, "--size", 5);
    assertRefused("-1", "shapes", "--out", other, "--train", -1);
    assertRefused("No command given");
    assertThat(other).doesNotExist();
    assertThat(folder.resolve("kept")).exists();
  }

  private static void assertRefused(String message, Object... args) {
    CommandRun.of("data", args).assertRefused(message);
  }
}
