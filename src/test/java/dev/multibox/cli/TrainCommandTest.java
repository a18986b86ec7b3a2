package dev.multibox.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.multibox.backend.Backend;
import dev.multibox.backend.cpu.CpuBackend;
import dev.multibox.data.ShapesGenerator;
import dev.multibox.model.ModelRegistry;
import dev.multibox.model.Ssd;
import dev.multibox.tensor.TensorArena;
import dev.multibox.train.Checkpoint;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** From files on disk to boxes on a picture, through the command line. */
class TrainCommandTest {
  @TempDir static Path shared;
  @TempDir Path folder;

  private static Path shapes;

  @BeforeAll
  static void drawShapes() throws IOException {
    shapes = shared.resolve("shapes");
    new ShapesGenerator(1).write(shapes, new ShapesGenerator.Counts(8, 4, 4), 64);
  }

  private CommandRun train(Path out, String... more) {
    return CommandRun.of("train", "--data", shapes, "--out", out, more);
  }

  @Test
  void trainsEvaluatesAndDetects() throws IOException {
    Path out = folder.resolve("run");
    CommandRun trained = train(out, "--input-size", "64", "--batch-size", "4", "--iterations", "4");

    trained.assertDone();
    assertThat(trained.out())
        .contains("model   ssd-tiny, 64x64, 7 classes")
        .contains("weights are random")
        .contains("AP50")
        .contains(out.resolve("metrics.json").toString());
    JsonNode metrics = new JsonMapper().readTree(out.resolve("metrics.json").toFile());
    assertThat(metrics.path("AP50").isNumber()).isTrue();
    JsonNode config = new JsonMapper().readTree(out.resolve("config.json").toFile());
    assertThat(config.path("iterations").asInt()).isEqualTo(4);

    String weights = out.resolve("checkpoints/last.safetensors").toString();
    CommandRun evaluated =
        CommandRun.of("eval", "--weights", weights, "--data", shapes.toString(), "--split", "test");
    evaluated.assertDone();
    assertThat(evaluated.out()).contains("AP50");

    Path other = Files.createDirectory(folder.resolve("other")).resolve("test_00000.png");
    Files.copy(shapes.resolve("JPEGImages/test_00000.png"), other);
    Path pictures = folder.resolve("pictures");
    Path json = folder.resolve("found.json");
    CommandRun detected =
        CommandRun.of(
            "detect",
            "--weights",
            weights,
            "--out",
            pictures.toString(),
            "--json",
            json.toString(),
            "--score-threshold",
            "0",
            "--top-k",
            "3",
            shapes.resolve("JPEGImages").toString(),
            other.toString());
    detected.assertDone();
    assertThat(ImageIO.read(pictures.resolve("test_00000.png").toFile()).getWidth())
        .isGreaterThanOrEqualTo(64);
    assertThat(pictures.resolve("test_00000-2.png")).isRegularFile();
    JsonNode results = new JsonMapper().readTree(json.toFile());
    assertThat(results.size()).isEqualTo(17 * 3);
    assertThat(results.get(0).path("bbox").size()).isEqualTo(4);
  }

  @Test
  void trainsInMixedPrecisionAndEvaluatesInFloats() throws IOException {
    Path out = folder.resolve("run");
    String[] options = {
      "--input-size",
      "64",
      "--batch-size",
      "2",
      "--accumulate",
      "2",
      "--iterations",
      "3",
      "--precision",
      "amp",
      "--recompute",
      "norm"
    };
    CommandRun trained = train(out, options);

    trained.assertDone();
    assertThat(trained.out()).contains("MiB a step, planned").contains("AP50");
    JsonNode config = new JsonMapper().readTree(out.resolve("config.json").toFile());
    assertThat(config.path("precision").asText()).isEqualTo("amp");
    assertThat(out.resolve("samples/step-1.png")).isRegularFile();
    String weights = out.resolve("checkpoints/last.safetensors").toString();
    CommandRun evaluated =
        CommandRun.of("eval", "--weights", weights, "--data", shapes.toString(), "--split", "val");
    evaluated.assertDone();
  }

  @Test
  void refusesAFolderThatIsNotEmptyBeforeAnyWork() throws IOException {
    Path out = Files.createDirectory(folder.resolve("taken"));
    Files.writeString(out.resolve("precious"), "kept");
    CommandRun run = train(out);

    run.assertRefused("taken: is not empty");
    assertThat(out.resolve("precious")).hasContent("kept");
    assertThat(out).isDirectoryContaining("glob:**precious");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          --model ssd-huge        | there is no 'ssd-huge'; there is ssd-tiny
          --recipe magic          | there is no 'magic'; there is shapes, scratch
          --device cuda:99        | --device cuda:99:
          --device tpu            | --device: was 'tpu', wanted auto, cpu or cuda[:N]
          --input-size big        | --input-size: was 'big'
          --batch-size 0          | --batch-size: was 0, wanted at least 1
          --batch-size auto       | --batch-size auto: needs a GPU
          --batch-size many       | --batch-size: was 'many', wanted a number of images
          --batch-size 9          | --batch-size: was 9, but there are only 8 images to train on
          --lr -1                 | --lr: was -1.0, wanted a number above 0
          --lr NaN                | --lr: was NaN, wanted a number above 0
          --name a/b              | --name: was 'a/b', wanted the name of a folder
          --input-size 99999      | --input-size: 99999x99999 has more priors or values than
          --input-size 0          | --input-size: was '0'
          --epochs 1 --iterations 1 | --epochs and --iterations: both were named
          --train-split nowhere   | nowhere
          --layout tfrecord       | --layout: was 'tfrecord', wanted voc or coco
          --precision tf32        | --precision tf32: needs a GPU; the CPU computes in fp32
          --recompute all         | --recompute: was 'all', wanted none, norm or block
          --precision half        | --precision: was 'half', wanted fp32, tf32 or amp
          --accumulate 0          | --accumulate: was 0, wanted at least 1
          --init nowhere.safetensors | nowhere.safetensors
          --frobnicate            | there is no such option
          """)
  void refusesWrongInputInOneLine(String options, String message) {
    Path out = folder.resolve("run");
    CommandRun run = train(out, options.split(" "));

    run.assertRefused(message);
    assertThat(out).doesNotExist();
  }

  @Test
  void startsFromWeightsAndAccumulatesOverSeveralFolders() {
    Path first = folder.resolve("first");
    String[] small = {"--input-size", "64", "--batch-size", "2", "--iterations", "2"};
    train(first, small).assertDone();
    Path weights = first.resolve("checkpoints/last.safetensors");
    List<String> more = new ArrayList<>(List.of(small));
    more.addAll(List.of("--accumulate", "2", "--init", weights.toString()));
    more.addAll(List.of("--data", shapes.toString()));
    CommandRun run = train(folder.resolve("second"), more.toArray(String[]::new));

    run.assertDone();
    assertThat(run.out())
        .contains("weights from " + weights)
        .contains("16 images")
        .contains("2 steps of 2 images times 2");
  }

  @Test
  void startsFromWeightsForOtherCategories() throws IOException {
    Path weights = folder.resolve("two.safetensors");
    try (Backend backend = CpuBackend.open();
        TensorArena arena = backend.newArena()) {
      Ssd ssd = new Ssd(backend, Ssd.Config.of(ModelRegistry.find("ssd-tiny"), 3), arena);
      ssd.state().initialize(5);
      Checkpoint.Meta meta = new Checkpoint.Meta("ssd-tiny", 96, 96, List.of("cat", "dog"), 0, 0);
      Checkpoint.write(weights, ssd.state(), backend, meta);
    }
    String[] options = {
      "--input-size", "64", "--batch-size", "2", "--iterations", "1", "--init", weights.toString()
    };
    CommandRun run = train(folder.resolve("run"), options);

    run.assertDone();
    assertThat(run.out())
        .contains(
            weights
                + " has heads for 3 classes, the network has 7: class heads start anew, box heads"
                + " go on");
  }

  @Test
  void refusesADataFolderThatDoesNotExist() {
    CommandRun run = CommandRun.of("train", "--data", folder.resolve("missing").toString());

    run.assertRefused("missing: no such folder");
  }

  @Test
  void detectRefusesWhatIsNoCheckpoint() throws IOException {
    Path fake = Files.writeString(folder.resolve("fake.safetensors"), "no tensors here");
    CommandRun run =
        CommandRun.of(
            "detect", "--weights", fake.toString(), shapes.resolve("JPEGImages").toString());

    run.assertRefused("fake.safetensors");
  }
}
