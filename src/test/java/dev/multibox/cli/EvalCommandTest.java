package dev.multibox.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.multibox.Golden;
import dev.multibox.TestImages;
import dev.multibox.backend.cpu.CpuBackend;
import dev.multibox.model.ModelRegistry;
import dev.multibox.model.Ssd;
import dev.multibox.tensor.TensorArena;
import dev.multibox.train.Checkpoint;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
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
    assertRefused("name --weights F, or --annotations FILE --detections FILE");
    assertRefused("name --weights F, or", "--annotations", TRUTH);
    assertRefused("--detections: needs --annotations FILE", "--detections", DETECTIONS);
    assertRefused("--weights: needs --data DIR, or --annotations FILE --images", "--weights", "w");
    assertRefused("--annotations: needs --images DIR", "--weights", "w", "--annotations", TRUTH);
    assertRefused("--images: needs --annotations FILE", "--weights", "w", "--images", folder);
    assertRefused(
        "--weights: does not go with --detections",
        "--weights",
        "w",
        "--annotations",
        TRUTH,
        "--detections",
        DETECTIONS);
    assertRefused(
        "--split: does not go with --annotations",
        "--weights",
        "w",
        "--annotations",
        TRUTH,
        "--images",
        folder,
        "--split",
        "val");
    CommandRun metric =
        CommandRun.of(
            "eval", "--annotations", TRUTH, "--detections", DETECTIONS, "--metric", "map");
    assertThat(metric.exitCode()).isEqualTo(ExitCode.WRONG_INPUT);
    assertThat(metric.err()).contains("--metric", "'map'");
  }

  private static void assertRefused(String message, Object... options) {
    List<Object> words = new ArrayList<>(List.of("eval"));
    words.addAll(List.of(options));
    CommandRun run = CommandRun.of(words.toArray());
    assertThat(run.exitCode()).isEqualTo(ExitCode.WRONG_INPUT);
    assertThat(run.err().lines()).singleElement().asString().startsWith("multibox: " + message);
  }

  /** The truth found with full score is perfect, crowds aside, where there is a truth. */
  @Test
  void theTruthItselfIsPerfect() throws IOException {
    JsonNode truth = new JsonMapper().readTree(TRUTH.toFile());
    Set<Integer> found = new HashSet<>();
    for (JsonNode annotation : truth.path("annotations")) {
      ((ObjectNode) annotation).put("score", 1);
      if (annotation.path("iscrowd").asInt() == 0) {
        found.add(annotation.path("category_id").asInt());
      }
    }
    Path all = folder.resolve("all.json");
    new JsonMapper().writeValue(all.toFile(), truth.path("annotations"));
    Path json = folder.resolve("out.json");
    CommandRun run =
        CommandRun.of("eval", "--annotations", TRUTH, "--detections", all, "--json", json);
    assertThat(run.exitCode()).describedAs(run.err()).isEqualTo(ExitCode.DONE);
    JsonNode written = new JsonMapper().readTree(json.toFile());
    assertThat(written.path("AP").asDouble()).isCloseTo(1, within(1e-12));
    assertThat(written.path("AR_max1").asDouble()).isLessThan(1);
    assertThat(found).isNotEmpty();
    for (int category : found) {
      assertThat(written.at("/per_category/%d/AP".formatted(category)).asDouble())
          .describedAs("category %d", category)
          .isCloseTo(1, within(1e-12));
    }
  }

  @Test
  void measuresAModelAsItsRecipeWasPublished() throws IOException {
    Path weights = folder.resolve("dogs.safetensors");
    try (CpuBackend backend = CpuBackend.open();
        TensorArena arena = backend.newArena()) {
      Ssd ssd = new Ssd(backend, new Ssd.Config(ModelRegistry.find("ssd-tiny"), 32, 32, 2), arena);
      ssd.state().initialize(1);
      Checkpoint.Meta meta = new Checkpoint.Meta("ssd-tiny", 32, 32, List.of("dog"), 0, 1);
      Checkpoint.write(weights, ssd.state(), backend, meta);
    }
    TestImages.write(folder.resolve("dogs/images/1.png"), 40, 40);
    TestImages.write(folder.resolve("dogs/images/2.png"), 40, 40);
    Files.createDirectories(folder.resolve("dogs/annotations"));
    Files.writeString(
        folder.resolve("dogs/annotations/val.json"),
        """
        {"images": [{"id": 1, "file_name": "1.png"}, {"id": 2, "file_name": "2.png"}],
         "categories": [{"id": 18, "name": "dog"}], "annotations": [
          {"id": 1, "image_id": 1, "category_id": 18, "bbox": [5, 5, 20, 20], "area": 400}]}
        """);
    Object[] words = {"eval", "--weights", weights, "--data", folder.resolve("dogs")};

    CommandRun plain = CommandRun.of(words);
    assertThat(plain.exitCode()).describedAs(plain.err()).isEqualTo(ExitCode.DONE);
    assertThat(plain.out())
        .contains("2 images, 1 objects", "AP_small")
        .contains("scores above 0.01, overlap up to 0.45, 200 an image; images resized bilinear\n");
    assertThat(withRecipe(words, "nvidia-coco"))
        .contains("1 images, 1 objects", "AP_small")
        .contains("scores above 0.05, overlap below 0.5, 200 an image")
        .contains("; images resized bilinear antialias\n");
    assertThat(withRecipe(words, "paper-voc")).contains("2 images, 1 objects", "mAP");
    assertThat(withRecipe(words, "paper-voc", "--metric", "coco")).contains("AP_small");
    assertRefused(
        "recipe: there is no 'x'; there is shapes",
        "--weights",
        weights,
        "--data",
        folder.resolve("dogs"),
        "--recipe",
        "x");
    assertRefused(
        "--recipe: does not go with --detections",
        "--annotations",
        TRUTH,
        "--detections",
        DETECTIONS,
        "--recipe",
        "nvidia-coco");
  }

  private static String withRecipe(Object[] words, String recipe, String... others) {
    List<Object> all = new ArrayList<>(List.of(words));
    all.add("--recipe");
    all.add(recipe);
    all.addAll(List.of(others));
    CommandRun run = CommandRun.of(all.toArray());
    assertThat(run.exitCode()).describedAs(run.err()).isEqualTo(ExitCode.DONE);
    return run.out();
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
