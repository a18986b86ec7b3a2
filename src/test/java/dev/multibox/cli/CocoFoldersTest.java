package dev.multibox.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.multibox.TestCoco;
import dev.multibox.data.Dataset;
import dev.multibox.data.DatasetReader;
import dev.multibox.data.ShapesGenerator;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The commands on a data set in COCO's layout, and on the same in VOC's. */
class CocoFoldersTest {
  @TempDir Path folder;

  @Test
  void trainsAndEvaluatesWithTheFilesOwnCategoryIds() throws IOException {
    Path voc = folder.resolve("voc");
    new ShapesGenerator(1).write(voc, new ShapesGenerator.Counts(4, 4, 0), 64);
    Path coco = folder.resolve("coco");
    Dataset training = DatasetReader.open(voc).read("train");
    Path truth = coco.resolve("annotations/instances_train2017.json");
    TestCoco.write(training, truth);
    TestCoco.write(
        DatasetReader.open(voc).read("val"), coco.resolve("annotations/instances_val2017.json"));

    Path run = folder.resolve("run");
    CommandRun trained =
        run(
            "train --input-size 64 --batch-size 4 --iterations 24 --lr 0.02 --workers 1",
            "--data",
            coco,
            "--out",
            run);
    assertThat(trained.exitCode()).describedAs(trained.err()).isEqualTo(ExitCode.DONE);
    assertThat(trained.out())
        .contains("training on split train2017, validating on split val2017 (4 images)");

    Path weights = run.resolve("checkpoints/last.safetensors");
    JsonNode onCoco = eval("coco.json", "--weights", weights, "--data", coco, "--split", "train");
    JsonNode onFile =
        eval("file.json", "--weights", weights, "--annotations", truth, "--images", coco);
    JsonNode onVoc = eval("voc.json", "--weights", weights, "--data", voc, "--split", "train");

    assertThat(onFile).isEqualTo(onCoco);
    Set<String> ids = Set.copyOf(names(onCoco));
    assertThat(ids).hasSameSizeAs(training.categories());
    for (int label = 1; label <= training.categories().size(); label++) {
      String id = Integer.toString(label * TestCoco.ID_STEP);
      assertThat(ids).contains(id);
      assertThat(onCoco.path("per_category").path(id))
          .describedAs("category %s", id)
          .isEqualTo(onVoc.path("per_category").path(Integer.toString(label)));
    }
    assertThat(onCoco.path("AR_max100")).isEqualTo(onVoc.path("AR_max100"));
    assertThat(onCoco.path("AR_max100").asDouble()).isPositive();
  }

  @Test
  void trainsOnFilesAndGoesOnWithThem() throws IOException {
    Path voc = folder.resolve("voc");
    new ShapesGenerator(1).write(voc, new ShapesGenerator.Counts(4, 2, 0), 64);
    Path training = folder.resolve("one.json");
    Path validation = folder.resolve("two.json");
    TestCoco.write(DatasetReader.open(voc).read("train"), training);
    TestCoco.write(DatasetReader.open(voc).read("val"), validation);
    String content = Files.readString(training);
    String bad = content.replaceFirst("\\d+\\],\"area\"", "0],\"area\"");
    assertThat(bad).isNotEqualTo(content);
    Files.writeString(training, bad);

    Path run = folder.resolve("run");
    Object[] options = {
      "--annotations", training, "--val-annotations", validation, "--images", voc, "--out", run,
    };
    String command = "train --input-size 64 --batch-size 2 --iterations 2 --workers 1";
    CommandRun refused = run(command, options);
    assertThat(refused.exitCode()).isEqualTo(ExitCode.WRONG_INPUT);
    assertThat(refused.err()).contains("one.json:1:", "height <= 0");

    CommandRun trained = run(command + " --skip-bad-boxes", options);
    assertThat(trained.exitCode()).describedAs(trained.err()).isEqualTo(ExitCode.DONE);
    assertThat(trained.out())
        .contains("training on split " + training + ", validating on split " + validation)
        .contains("1 times: bad object left out");
    CommandRun resumed = run("train --iterations 3", "--resume", run);
    assertThat(resumed.exitCode()).describedAs(resumed.err()).isEqualTo(ExitCode.DONE);
    assertThat(resumed.out()).contains("validating on split " + validation);
  }

  private static List<String> names(JsonNode result) {
    List<String> names = new ArrayList<>();
    result.path("per_category").fieldNames().forEachRemaining(names::add);
    return names;
  }

  private JsonNode eval(String to, Object... options) throws IOException {
    Path json = folder.resolve(to);
    List<Object> words = new ArrayList<>(List.of(options));
    words.addAll(List.of("--json", json));
    CommandRun run = run("eval", words.toArray());
    assertThat(run.exitCode()).describedAs(run.err()).isEqualTo(ExitCode.DONE);
    assertThat(run.out()).contains("4 images");
    return new JsonMapper().readTree(json.toFile());
  }

  private static CommandRun run(String command, Object... options) {
    List<Object> words = new ArrayList<>(List.of(command.split(" ", -1)));
    words.addAll(List.of(options));
    return CommandRun.of(words.toArray());
  }
}
