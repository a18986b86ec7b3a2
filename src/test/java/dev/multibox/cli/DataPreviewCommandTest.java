package dev.multibox.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.multibox.data.ShapesGenerator;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DataPreviewCommandTest {
  @TempDir static Path shared;
  @TempDir Path folder;

  private static Path shapes;

  @BeforeAll
  static void drawShapes() throws IOException {
    shapes = shared.resolve("shapes");
    new ShapesGenerator(1).write(shapes, new ShapesGenerator.Counts(6, 2, 0), 64);
  }

  private CommandRun preview(Path out, String... more) {
    return CommandRun.of("data", "preview", shapes, "--out", out, more);
  }

  @Test
  void drawsAsManySamplesAsThereAreUpToEight() throws IOException {
    Path out = folder.resolve("preview.png");
    CommandRun run = preview(out);

    run.assertDone();
    assertThat(run.out()).contains("shapes train: 6 of 6 images -> " + out);
    assertThat(ImageIO.read(out.toFile()).getWidth()).isGreaterThan(4 * 360);
  }

  @Test
  void theSameSeedDrawsTheSamePicture() throws IOException {
    Path first = folder.resolve("first.png");
    Path second = folder.resolve("second.png");
    Path other = folder.resolve("other.png");
    preview(first, "--count", "3", "--seed", "7");
    preview(second, "--count", "3", "--seed", "7");
    preview(other, "--count", "3", "--seed", "8");

    assertThat(second).hasSameBinaryContentAs(first);
    assertThat(Files.readAllBytes(other)).isNotEqualTo(Files.readAllBytes(first));
  }

  @Test
  void aModelAddsItsPriors() throws IOException {
    Path without = folder.resolve("without.png");
    Path with = folder.resolve("with.png");
    preview(without, "--count", "2", "--input-size", "96");
    preview(with, "--count", "2", "--model", "ssd-tiny");

    assertThat(Files.readAllBytes(with)).isNotEqualTo(Files.readAllBytes(without));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          --count 7         | --count: was 7, wanted 1 to 6, the images of shapes train
          --count 0         | --count: was 0, wanted 1 to 6
          --split nowhere   | nowhere
          --recipe magic    | there is no 'magic'
          --model ssd-huge  | there is no 'ssd-huge'
          --input-size big  | --input-size: was 'big'
          """)
  void refusesWrongInputInOneLine(String options, String message) {
    Path out = folder.resolve("preview.png");
    CommandRun run = preview(out, options.split(" "));

    run.assertRefused(message);
    assertThat(out).doesNotExist();
  }

  @Test
  void refusesAFileThatCouldNotBeWritten() {
    CommandRun run = preview(folder.resolve("nowhere/preview.png"));

    run.assertRefused("does not exist; create it first");
  }
}
