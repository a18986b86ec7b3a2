package dev.multibox.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.multibox.data.ShapesGenerator;
import dev.multibox.train.Checkpoint;
import dev.multibox.train.RunDirectory;
import dev.multibox.train.TrainConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What {@code --resume} and {@code --config} take, and what they refuse. */
class ResumeCommandTest {
  @TempDir static Path shared;
  @TempDir Path folder;

  private static Path shapes;
  private static Path finished;

  private Path run;

  @BeforeAll
  static void train() throws IOException {
    shapes = shared.resolve("shapes");
    new ShapesGenerator(1).write(shapes, new ShapesGenerator.Counts(4, 2, 3), 32);
    finished = shared.resolve("run");
    CommandRun run = train(finished, "--iterations", 2, "--seed", 7);
    run.assertDone();
  }

  private static CommandRun train(Path out, Object... more) {
    return CommandRun.of(
        "train", "--data", shapes, "--out", out, "--input-size", 32, "--batch-size", 2, more);
  }

  @BeforeEach
  void copyRun() throws IOException {
    run = folder.resolve("run");
    Files.createDirectories(run.resolve("checkpoints"));
    for (String file : List.of("config.json", "log.jsonl", "checkpoints/last.safetensors")) {
      Files.copy(finished.resolve(file), run.resolve(file));
    }
  }

  private CommandRun resume(Object... more) {
    return CommandRun.of("train", "--resume", run, more);
  }

  private static TrainConfig config(Path run) throws IOException {
    return TrainConfig.read(run.resolve("config.json"));
  }

  private static List<JsonNode> evaluations(Path run) throws IOException {
    List<JsonNode> evaluations = new ArrayList<>();
    for (String line : Files.readAllLines(run.resolve("log.jsonl"))) {
      JsonNode node = new JsonMapper().readTree(line);
      if (node.has("AP")) {
        evaluations.add(node);
      }
    }
    return evaluations;
  }

  @Test
  void aFinishedRunGrowsToANewLength() throws IOException {
    CommandRun grown = resume("--iterations", 5);

    grown.assertDone();
    assertThat(grown.out())
        .contains("weights from " + run.resolve("checkpoints/last.safetensors"))
        .contains("resume  after step 2, with batch 0 of epoch 1")
        .contains("5 steps instead of 2: the learning rate drops before steps [4, 5], not [1, 2]");
    assertThat(config(run)).isEqualTo(config(finished).withIterations(5));
    try (Checkpoint last = Checkpoint.open(run.resolve("checkpoints/last.safetensors"))) {
      assertThat(last.runState().iteration()).isEqualTo(5);
      assertThat(last.meta().seed()).isEqualTo(7);
    }
    assertThat(evaluations(run))
        .extracting(line -> line.path("iteration").asInt())
        .containsExactly(1, 2, 3, 4, 5);
  }

  @Test
  void epochsAreALengthToo() throws IOException {
    CommandRun grown = resume("--epochs", 2);

    grown.assertDone();
    assertThat(config(run).iterations()).isEqualTo(4);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          --iterations 2                  | run: all 2 steps are done; name more with --iterations
          --iterations 1                  | --resume: 1 steps were named, the run is 2 long
          --iterations 4 --epochs 2       | --epochs and --iterations: both were named
          --iterations 0                  | --iterations: was 0, wanted at least 1
          --iterations 4 --lr 0.1         | --resume: takes everything but the length from the run's folder; leave out --lr
          --seed 7                        | leave out --seed
          --workers 1 --out x --name y    | leave out --workers, --out, --name
          --config x --data y --device cpu | leave out --config, --data, --device
          """)
  void onlyTheLengthMayBeNamedAndOnlyGrow(String options, String message) throws IOException {
    resume((Object[]) options.split(" ")).assertRefused(message);
    assertThat(run.resolve("log.jsonl")).hasSameBinaryContentAs(finished.resolve("log.jsonl"));
    assertThat(config(run)).isEqualTo(config(finished));
  }

  @Test
  void refusesWhatIsNoRun() throws IOException {
    Files.delete(run.resolve("checkpoints/last.safetensors"));
    resume()
        .assertRefused(
            "last.safetensors: there is no such file; start the run again with train --config "
                + run.resolve("config.json"));
    Files.delete(run.resolve("config.json"));
    resume().assertRefused("config.json: there is no such file; name a run's folder");
    run = run.resolve("log.jsonl");
    resume().assertRefused("log.jsonl: is no folder; name a run's folder");
    run = folder.resolve("missing");
    resume().assertRefused("missing: is no folder; name a run's folder");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          "seed" : 7          | "seed" : "7"         | config.json: seed was "7", wanted a whole number; correct it
          "seed" : 7          | "sead" : 7           | config.json: sead is no field of a run
          "seed" : 7          | "seed" : 8           | does not fit the seed of config.json
          "batchSize" : 2     | "batchSize" : 0      | config.json: batchSize: was 0, wanted at least 1
          "batchSize" : 2     | "batchSize" : 4      | does not fit the batchSize or accumulate of config.json
          "model" : "ssd-tiny" | "model" : "ssd-huge" | there is no 'ssd-huge'
          "recipe" : "scratch" | "recipe" : "magic"  | there is no 'magic'
          "device" : "cpu"    | "device" : "cuda:99" | --device cuda:99:
          "precision" : "fp32" | "precision" : "tf32" | --precision tf32: needs a GPU
          "layout" : null     | "layout" : "tar"     | --layout: was 'tar', wanted voc or coco
          "valSplit" : null   | "valSplit" : "tuna"  | tuna
          }                   | ``                   | is not valid JSON
          """)
  void refusesAConfigurationThatIsBroken(String right, String wrong, String message)
      throws IOException {
    Path file = run.resolve("config.json");
    String text = Files.readString(file);
    assertThat(text).contains(right);
    Files.writeString(file, text.replace(right, wrong));

    resume("--iterations", 4).assertRefused(message);
    assertThat(run.resolve("log.jsonl")).hasSameBinaryContentAs(finished.resolve("log.jsonl"));
    assertThat(run.resolve("checkpoints/last.safetensors"))
        .hasSameBinaryContentAs(finished.resolve("checkpoints/last.safetensors"));
  }

  @Test
  void refusesDataThatHasChanged() throws IOException {
    Path file = run.resolve("config.json");
    Files.writeString(
        file, Files.readString(file).replace("\"trainSplit\" : null", "\"trainSplit\" : \"test\""));

    resume("--iterations", 4).assertRefused("the run was training on 4 images");
  }

  @Test
  void waitsForNoOtherProcess() throws IOException {
    try (RunDirectory _ = RunDirectory.open(run)) {
      CommandRun refused = resume("--iterations", 4);
      assertThat(refused.exitCode()).isEqualTo(ExitCode.FAILED);
      assertThat(refused.err().lines())
          .containsExactly(
              "multibox: %s: another process is training there; wait until it ends, or end it"
                  .formatted(run));
    }
    assertThat(config(run)).isEqualTo(config(finished));
  }

  @Test
  void aLineOfTheLogThatIsBrokenIsNamed() throws IOException {
    Files.writeString(run.resolve("log.jsonl"), "no line\n");

    CommandRun refused = resume("--iterations", 4);
    assertThat(refused.exitCode()).isEqualTo(ExitCode.FAILED);
    assertThat(refused.err()).contains("log.jsonl:1: is no JSON object; correct the line");
  }

  @Test
  void aConfigurationIsTrainedAgainButForWhatIsNamed() throws IOException {
    Path again = folder.resolve("again");
    CommandRun repeated =
        CommandRun.of("train", "--config", finished.resolve("config.json"), "--out", again);
    repeated.assertDone();
    assertThat(config(again)).isEqualTo(config(finished));
    assertThat(again.resolve("checkpoints/last.safetensors"))
        .hasSameBinaryContentAs(finished.resolve("checkpoints/last.safetensors"));

    Path other = folder.resolve("other");
    CommandRun changed =
        CommandRun.of(
            "train",
            "--config",
            finished.resolve("config.json"),
            "--out",
            other,
            "--iterations",
            1,
            "--lr",
            0.5,
            "--name",
            "mine");
    changed.assertDone();
    assertThat(config(other).iterations()).isEqualTo(1);
    assertThat(config(other).learningRate()).isEqualTo(0.5f);
    assertThat(config(other).name()).isEqualTo("mine");
    assertThat(config(other).seed()).isEqualTo(7);
    assertThat(config(other).batchSize()).isEqualTo(2);
  }

  @Test
  void aConfigurationThatIsBrokenStartsNoRun() throws IOException {
    Path file = Files.writeString(folder.resolve("config.json"), "{\"model\": 5}");

    CommandRun.of("train", "--config", file, "--out", folder.resolve("new"))
        .assertRefused(file + ": model was 5, wanted a text");
    CommandRun.of("train", "--config", folder.resolve("no"), "--out", folder.resolve("new"))
        .assertRefused("no: could not be read (no such file or folder)");
    assertThat(folder.resolve("new")).doesNotExist();
  }

  @Test
  void pathsInAConfigurationAreAbsolute() throws IOException {
    Path here = Path.of("").toAbsolutePath();
    Path out = folder.resolve("new");
    CommandRun trained =
        CommandRun.of(
            "train",
            "--data",
            here.relativize(shapes),
            "--init",
            here.relativize(run.resolve("checkpoints/last.safetensors")),
            "--out",
            out,
            "--batch-size",
            2,
            "--iterations",
            1);

    trained.assertDone();
    assertThat(config(out).data()).containsExactly(shapes.toString());
    assertThat(config(out).init())
        .isEqualTo(run.resolve("checkpoints/last.safetensors").toString());
    assertThat(config(out).name()).isEqualTo("ssd-tiny-shapes");
  }

  @Test
  void evaluatesAndSavesWhenItIsToldTo() throws IOException {
    Path out = folder.resolve("new");
    CommandRun trained =
        train(out, "--iterations", 7, "--eval-every", 3, "--save-every", 2, "--val-split", "test");

    trained.assertDone();
    assertThat(trained.out()).contains("validating on split test");
    assertThat(evaluations(out))
        .extracting(line -> line.path("iteration").asInt())
        .containsExactly(3, 6, 7);
    try (var files = Files.list(out.resolve("checkpoints"))) {
      assertThat(files.map(file -> file.getFileName().toString()))
          .containsExactlyInAnyOrder(
              "last.safetensors",
              "best.safetensors",
              "iteration-2.safetensors",
              "iteration-4.safetensors",
              "iteration-6.safetensors");
    }
  }

  @Test
  void aRunThatDivergesNamesItsImagesAndKeepsTheLastGoodWeights() throws IOException {
    Path out = folder.resolve("new");
    CommandRun diverged = train(out, "--iterations", 50, "--save-every", 1, "--lr", 1e15);

    assertThat(diverged.exitCode()).isEqualTo(ExitCode.FAILED);
    String last = out.resolve("checkpoints/last.safetensors").toString();
    assertThat(diverged.err().lines()).hasSize(1);
    assertThat(diverged.err())
        .startsWith("multibox: ")
        .contains("train_0000", "lower --lr", "the last good checkpoint is " + last);
    CommandRun detected =
        CommandRun.of(
            "detect",
            "--weights",
            last,
            "--out",
            folder.resolve("pictures"),
            shapes.resolve("JPEGImages/train_00000.png"));
    detected.assertDone();
  }

  @Test
  void anImageThatCannotBeReadIsTheUsersToRepair() throws IOException {
    Path data = folder.resolve("data");
    new ShapesGenerator(1).write(data, new ShapesGenerator.Counts(4, 2, 0), 32);
    Path image = data.resolve("JPEGImages/train_00002.png");
    byte[] bytes = Files.readAllBytes(image);
    Files.write(image, Arrays.copyOf(bytes, bytes.length / 2));
    Path out = folder.resolve("new");
    CommandRun broken =
        CommandRun.of(
            "train",
            "--data",
            data,
            "--out",
            out,
            "--input-size",
            32,
            "--batch-size",
            2,
            "--iterations",
            3);

    broken.assertRefused(image + ": cannot be decoded");
    assertThat(broken.out()).contains("resume   ./multibox train --resume " + out);
    Files.write(image, bytes);
    CommandRun resumed = CommandRun.of("train", "--resume", out);
    resumed.assertDone();
  }
}
