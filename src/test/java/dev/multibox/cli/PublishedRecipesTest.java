package dev.multibox.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.multibox.TestCoco;
import dev.multibox.data.DatasetReader;
import dev.multibox.data.ShapesGenerator;
import dev.multibox.train.TrainConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import javax.imageio.ImageIO;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The recipes of NVIDIA and torchvision on a folder in COCO's layout, one of whose seven images has
 * no object and another but a crowd.
 */
class PublishedRecipesTest {
  private static final JsonMapper JSON = new JsonMapper();

  @TempDir static Path shared;
  @TempDir Path folder;

  private static Path coco;

  @BeforeAll
  static void write() throws IOException {
    Path voc = shared.resolve("voc");
    new ShapesGenerator(1).write(voc, new ShapesGenerator.Counts(7, 3, 0), 64);
    coco = shared.resolve("coco");
    for (String split : List.of("train", "val")) {
      Path file = coco.resolve("annotations/instances_%s2017.json".formatted(split));
      TestCoco.write(DatasetReader.open(voc).read(split), file);
      emptyAndCrowd(file);
    }
  }

  /** Takes the objects of the first image, and all but one of the second, which becomes a crowd. */
  private static void emptyAndCrowd(Path file) throws IOException {
    ObjectNode root = (ObjectNode) JSON.readTree(file.toFile());
    boolean hasCrowd = false;
    for (Iterator<JsonNode> all = root.path("annotations").iterator(); all.hasNext(); ) {
      ObjectNode annotation = (ObjectNode) all.next();
      int image = annotation.path("image_id").asInt();
      if (image == 1 || (image == 2 && hasCrowd)) {
        all.remove();
      } else if (image == 2) {
        annotation.put("iscrowd", 1);
        hasCrowd = true;
      }
    }
    assertThat(hasCrowd).isTrue();
    JSON.writeValue(file.toFile(), root);
  }

  private static CommandRun train(Path out, Object... more) {
    List<Object> args = new ArrayList<>(List.of("train", "--out", out));
    args.addAll(Arrays.asList(more));
    return CommandRun.of(args.toArray());
  }

  private static TrainConfig config(Path run) throws IOException {
    return TrainConfig.read(run.resolve("config.json"));
  }

  /** Rates are 2.6e-3 and 2e-3 for 32 images a step, and 0.15 for 192. */
  @ParameterizedTest
  @CsvSource({
    "nvidia-coco, 1.625e-4, 5e-4, true",
    "torchvision-coco, 1.25e-4, 5e-4, false",
    "torchvision-lite-coco, 1.5625e-3, 4e-5, false"
  })
  void trainsAndSaysWhatWasLeftOut(String recipe, float rate, float decay, boolean skips)
      throws IOException {
    Path run = folder.resolve("run");
    CommandRun planned =
        train(
            run,
            "--data",
            coco,
            "--recipe",
            recipe,
            "--input-size",
            64,
            "--batch-size",
            2,
            "--epochs",
            1);
    assertThat(planned.exitCode()).describedAs(planned.err()).isEqualTo(ExitCode.DONE);
    assertThat(planned.out())
        .contains("train2017: 1 of 7 images have no object")
        .contains(": 6 images, ")
        .contains("recipe " + recipe);
    assertThat(planned.out().contains("val2017: 1 of 3 images have no object")).isEqualTo(skips);
    TrainConfig config = config(run);
    assertThat(config.learningRate()).isCloseTo(rate, Offset.offset(1e-10f));
    assertThat(config.weightDecay()).isEqualTo(decay);
    assertThat(config.iterations()).isEqualTo(3);

    Path again = folder.resolve("again");
    CommandRun repeated = train(again, "--config", run.resolve("config.json"));
    assertThat(repeated.exitCode()).describedAs(repeated.err()).isEqualTo(ExitCode.DONE);
    assertThat(again.resolve("checkpoints/last.safetensors"))
        .hasSameBinaryContentAs(run.resolve("checkpoints/last.safetensors"));
    CommandRun resumed = CommandRun.of("train", "--resume", run, "--iterations", 4);
    assertThat(resumed.exitCode()).describedAs(resumed.err()).isEqualTo(ExitCode.DONE);
    assertThat(resumed.out()).contains("resume  after step 3, with batch 0 of epoch 1");
  }

  @ParameterizedTest
  @ValueSource(strings = {"nvidia-coco", "torchvision-coco", "torchvision-lite-coco"})
  void previewsWhatIsTrainedOn(String recipe) throws IOException {
    Path out = folder.resolve("preview.png");
    CommandRun run =
        CommandRun.of("data", "preview", coco, "--recipe", recipe, "--out", out, "--seed", 2);

    assertThat(run.exitCode()).describedAs(run.err()).isEqualTo(ExitCode.DONE);
    assertThat(run.out())
        .contains("1 of 7 images have no object")
        .contains("train2017: 6 of 6 images -> " + out);
    assertThat(ImageIO.read(out.toFile()).getWidth()).isGreaterThan(3 * 300);
  }

  @Test
  void evaluationSaysWhatItLeavesOut() throws IOException {
    Path run = folder.resolve("run");
    train(run, "--data", coco, "--input-size", 64, "--batch-size", 2, "--iterations", 1);
    CommandRun eval =
        CommandRun.of(
            "eval",
            "--weights",
            run.resolve("checkpoints/last.safetensors"),
            "--data",
            coco,
            "--recipe",
            "nvidia-coco");

    assertThat(eval.exitCode()).describedAs(eval.err()).isEqualTo(ExitCode.DONE);
    assertThat(eval.out()).contains("note    1 of 3 images have no object and are left out");
  }

  @Test
  void refusesDataOfWhichNothingIsLeft() throws IOException {
    Path empty = folder.resolve("empty");
    Path file = empty.resolve("annotations/instances_val2017.json");
    Path training = Path.of("annotations/instances_train2017.json");
    Files.createDirectories(file.getParent());
    Files.copy(coco.resolve(training), empty.resolve(training));
    ObjectNode root = (ObjectNode) JSON.readTree(coco.resolve(training).toFile());
    root.putArray("annotations");
    JSON.writeValue(file.toFile(), root);
    CommandRun refused =
        train(folder.resolve("run"), "--data", empty, "--recipe", "nvidia-coco", "--epochs", 1);

    assertThat(refused.exitCode()).isEqualTo(ExitCode.WRONG_INPUT);
    assertThat(refused.err())
        .contains("nvidia-coco measures on images with objects")
        .contains("name another split with --val-split");
    assertThat(folder.resolve("run")).doesNotExist();
  }
}
