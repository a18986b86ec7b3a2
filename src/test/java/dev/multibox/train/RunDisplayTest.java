package dev.multibox.train;

import static org.assertj.core.api.Assertions.assertThat;

import dev.multibox.eval.CocoNumber;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RunDisplayTest {
  @TempDir Path folder;

  private RunDirectory run;

  @BeforeEach
  void makeARun() throws IOException {
    run = RunDirectory.create(folder.resolve("run"), TrainConfigs.tiny(100));
  }

  private RunDisplay display(long firstStep) throws IOException {
    return new RunDisplay(run, List.of("cat"), "ssd-tiny", firstStep);
  }

  private List<Path> eventFiles() throws IOException {
    try (Stream<Path> files = Files.list(run.folder())) {
      return files.filter(file -> file.toString().contains("tfevents")).sorted().toList();
    }
  }

  private static List<String> texts(Path file) throws IOException, InterruptedException {
    List<byte[]> records = EventRecords.read(file);
    return Protoc.decode(records.getLast());
  }

  @Test
  void aStepsLossesAndRateAreScalars() throws IOException, InterruptedException {
    try (RunDisplay display = display(1)) {
      display.step(20, 0.5f, new TrainingStep.Result(3, 2, 1, false, 1));
    }

    assertThat(texts(eventFiles().getFirst()))
        .containsSubsequence(
            "2: 20",
            "1: \"loss/total\"",
            "2: 0x40400000",
            "1: \"loss/classification\"",
            "2: 0x40000000",
            "1: \"loss/localisation\"",
            "2: 0x3f800000",
            "1: \"learning_rate\"",
            "2: 0x3f000000");
  }

  @Test
  void anAbsentNumberIsNoScalar() throws IOException, InterruptedException {
    run.log(Map.of("iteration", 20, "loss", 1));
    try (RunDisplay display = display(1)) {
      display.evaluation(20, Map.of(CocoNumber.AP, 0.5, CocoNumber.AP_LARGE, -1.0));
    }

    assertThat(texts(eventFiles().getFirst()))
        .contains("1: \"validation/AP\"")
        .noneMatch(line -> line.contains("AP_large"));
  }

  @Test
  void aResumedRunTellsTensorBoardWhereItGoesOn() throws IOException, InterruptedException {
    display(1).close();
    display(41).close();

    assertThat(eventFiles()).hasSize(2);
    assertThat(texts(eventFiles().getLast())).contains("2: 41", "7 {");
  }

  @Test
  void thereAreNoCurvesBeforeTheFirstLineOfTheLog() throws IOException {
    try (RunDisplay display = display(1)) {
      display.curves();
      assertThat(run.curves()).doesNotExist();
    }
  }

  @Test
  void evaluationsAddAChartToTheCurves() throws IOException {
    try (RunDisplay display = display(1)) {
      run.log(
          Map.of(
              "iteration",
              20,
              "loss",
              3,
              "classification_loss",
              2,
              "localisation_loss",
              1,
              "learning_rate",
              0.5));
      display.curves();
      BufferedImage before = ImageIO.read(run.curves().toFile());
      run.log(Map.of("iteration", 20, "AP", 0.25, "AP50", 0.5, "AP_large", -1));
      display.evaluation(20, Map.of(CocoNumber.AP, 0.25));
      BufferedImage after = ImageIO.read(run.curves().toFile());

      assertThat(after.getHeight()).isEqualTo(before.getHeight() * 3 / 2);
      assertThat(run.folder()).isDirectoryNotContaining("glob:**.tmp");
    }
  }
}
