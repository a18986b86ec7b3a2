package dev.multibox.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.multibox.Golden;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class EvalCommandTest {
  private static final Path TRUTH = Golden.folder().resolve("08_coco_gt.json");
  private static final Path DETECTIONS = Golden.folder().resolve("08_coco_dets.json");

  @TempDir Path folder;

  @Test
  void writesTheNumbersOfPycocotoolsInFullPrecision() throws IOException {
    Path json = folder.resolve("out.json");
    CommandRun run =
        CommandRun.of("eval", "--annotations", TRUTH, "--detections", DETECTIONS, "--json", json);
    assertThat(run.err()).isEmpty();
    assertThat(run.exitCode()).isEqualTo(ExitCode.DONE);
    JsonNode expected = Golden.json("08_coco_expected.json");
    JsonNode written = new JsonMapper().readTree(json.toFile());
    assertThat(expected.path("names")).isNotEmpty();
    for (int i = 0; i < expected.path("names").size(); i++) {
      String name = expected.path("names").get(i).asText();
      assertThat(written.path(name).asDouble())
          .describedAs(name)
          .isCloseTo(expected.path("stats").get(i).asDouble(), within(1e-12));
      assertThat(run.out()).contains(name);
    }
    assertThat(written.path("per_category")).hasSameSizeAs(expected.path("per_category"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"voc07", "VOC10"})
  void measuresAsVocToo(String metric) throws IOException {
    Path json = folder.resolve("out.json");
    CommandRun run =
        CommandRun.of(
            "eval",
            "--annotations",
            TRUTH,
            "--detections",
            DETECTIONS,
            "--metric",
            metric,
            "--json",
            json);
    assertThat(run.exitCode()).describedAs(run.err()).isEqualTo(ExitCode.DONE);
    assertThat(new JsonMapper().readTree(json.toFile()).path("mAP").asDouble()).isBetween(0.1, 0.9);
    assertThat(run.out()).startsWith("mAP");
  }

  @Test
  void printsATableOfTheCategories() throws IOException {
    CommandRun run = small("id", 1);
    assertThat(run.out().lines())
        .contains("AP" + " ".repeat(19) + "1.000", "AP_small" + " ".repeat(17) + "-")
        .endsWith(
            "",
            "category" + " ".repeat(16) + "AP  AP50  AP75",
            "dog" + " ".repeat(18) + "1.000 1.000 1.000");
    assertThat(run.err()).isEmpty();
  }

  @Test
  void warnsOfWhatDoesNotCount() throws IOException {
    assertThat(small("id", 0).err()).contains("one annotation has the id 0");
    CommandRun run = small("category_id", 99);
    assertThat(run.exitCode()).isEqualTo(ExitCode.DONE);
    assertThat(run.err()).contains("1 of 1 detections are of categories the annotations do not");
  }

  @Test
  void namesTheLineOfAWrongEntry() throws IOException {
    Path wrong = Files.writeString(folder.resolve("dt.json"), "[\n  {\"image_id\": 1}\n]");
    CommandRun run = CommandRun.of("eval", "--annotations", TRUTH, "--detections", wrong);
    assertThat(run.exitCode()).isEqualTo(ExitCode.WRONG_INPUT);
    assertThat(run.err().lines())
        .containsExactly(
            "multibox: %s:2:3: bbox was missing, wanted [x, y, width, height]".formatted(wrong));
  }

  @Test
  void refusesToGuessWhatToMeasure() {
    CommandRun nothing = CommandRun.of("eval");
    assertThat(nothing.exitCode()).isEqualTo(ExitCode.WRONG_INPUT);
    assertThat(nothing.err())
        .startsWith("multibox: Missing required argument")
        .contains("--annotations", "try 'multibox eval --help'");
    CommandRun half = CommandRun.of("eval", "--annotations", TRUTH);
    assertThat(half.exitCode()).isEqualTo(ExitCode.WRONG_INPUT);
    assertThat(half.err()).contains("--detections");
    CommandRun metric =
        CommandRun.of(
            "eval", "--annotations", TRUTH, "--detections", DETECTIONS, "--metric", "map");
    assertThat(metric.exitCode()).isEqualTo(ExitCode.WRONG_INPUT);
    assertThat(metric.err()).contains("--metric", "'map'");
  }

  @Test
  void refusesAnOutputItCouldNotWriteBeforeItReadsAnything() {
    CommandRun run =
        CommandRun.of(
            "eval",
            "--annotations",
            "none",
            "--detections",
            "none",
            "--json",
            folder.resolve("no/out.json"));
    assertThat(run.exitCode()).isEqualTo(ExitCode.WRONG_INPUT);
    assertThat(run.err()).contains("does not exist; create it first");
  }

  /** One dog, found; {@code field} of the annotation or of the detection is {@code value}. */
  private CommandRun small(String field, int value) throws IOException {
    int id = field.equals("id") ? value : 1;
    int category = field.equals("category_id") ? value : 18;
    Path truth =
        Files.writeString(
            folder.resolve("gt.json"),
            """
            {"images": [{"id": 1}], "categories": [{"id": 18, "name": "dog"}], "annotations": [
              {"id": %d, "image_id": 1, "category_id": 18, "bbox": [0, 0, 50, 50], "area": 2500}]}
            """
                .formatted(id));
    Path detections =
        Files.writeString(
            folder.resolve("dt.json"),
            "[{\"image_id\": 1, \"category_id\": %d, \"bbox\": [0, 0, 50, 50], \"score\": 1}]"
                .formatted(category));
    return CommandRun.of("eval", "--annotations", truth, "--detections", detections);
  }
}
