package dev.multibox.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.multibox.data.ShapesGenerator;
import dev.multibox.weights.SafetensorsFile;
import dev.multibox.weights.SafetensorsWriter;
import dev.multibox.weights.StoredTensor;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every command that takes a checkpoint refuses a broken one in one line, as the user's input. */
class BrokenCheckpointTest {
  @TempDir static Path shared;
  @TempDir Path folder;

  private static Path shapes;
  private static Path trained;

  private Path run;
  private Path weights;

  /**
   * What happened to a file, and what is said of it.
   *
   * @param name for the test report
   */
  record Damage(String name, UnaryOperator<byte[]> change, String message) {
    @Override
    public String toString() {
      return name;
    }
  }

  private static Stream<Damage> damages() {
    return Stream.of(
        new Damage(
            "empty", bytes -> new byte[0], "is 0 bytes long, too short for a safetensors file"),
        new Damage(
            "no safetensors",
            bytes -> text("PK\3\4 something else altogether"),
            "is it a safetensors file?"),
        new Damage(
            "cut in the header",
            bytes -> Arrays.copyOf(bytes, 500),
            "is cut off, or no safetensors file"),
        new Damage(
            "cut in the data", bytes -> Arrays.copyOf(bytes, bytes.length - 5), "it is cut off"),
        new Damage(
            "longer",
            bytes -> Arrays.copyOf(bytes, bytes.length + 8),
            "holds 8 bytes behind its last tensor"),
        new Damage("header length", bytes -> with(bytes, 1, 4), "its header is not"),
        new Damage(
            "header JSON",
            bytes -> replaced(bytes, "\"dtype\":", "\"dtype\"!"),
            "is not valid JSON"),
        new Damage(
            "data offsets", bytes -> replaced(bytes, "_offsets\":[0,", "_offsets\":[9,"), "needs"),
        new Damage(
            "tensor name",
            bytes -> replaced(bytes, "\"backbone.", "\"backbome."),
            "its checksum is"),
        new Damage("category", bytes -> replaced(bytes, "circle", "cirkle"), "its checksum is"),
        new Damage(
            "number",
            bytes -> replaced(bytes, "input_width\":\"32", "input_width\":\"3x"),
            "is damaged"),
        new Damage(
            "one bit",
            bytes -> with(bytes, bytes.length - 1000, 1),
            "is damaged: its checksum is"));
  }

  private static byte[] text(String text) {
    return text.getBytes(StandardCharsets.ISO_8859_1);
  }

  private static byte[] with(byte[] bytes, int index, int flipped) {
    byte[] changed = bytes.clone();
    changed[index] ^= (byte) flipped;
    return changed;
  }

  private static byte[] replaced(byte[] bytes, String before, String after) {
    int header = (int) ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).getLong();
    String text = new String(bytes, 8, header, StandardCharsets.ISO_8859_1);
    int at = text.indexOf(before);
    assertThat(at).isNotNegative();
    byte[] changed = bytes.clone();
    System.arraycopy(text(after), 0, changed, 8 + at, after.length());
    return changed;
  }

  @BeforeAll
  static void train() throws IOException {
    shapes = shared.resolve("shapes");
    new ShapesGenerator(1).write(shapes, new ShapesGenerator.Counts(4, 2, 0), 32);
    trained = shared.resolve("run");
    CommandRun run =
        CommandRun.of(
            "train",
            "--data",
            shapes,
            "--out",
            trained,
            "--input-size",
            32,
            "--batch-size",
            2,
            "--iterations",
            1);
    assertThat(run.exitCode()).describedAs(run.err()).isEqualTo(ExitCode.DONE);
  }

  /** A run's folder with a whole checkpoint in it. */
  @BeforeEach
  void copyRun() throws IOException {
    run = folder.resolve("run");
    weights = run.resolve("checkpoints/last.safetensors");
    Files.createDirectories(weights.getParent());
    Files.copy(trained.resolve("config.json"), run.resolve("config.json"));
    Files.copy(trained.resolve("log.jsonl"), run.resolve("log.jsonl"));
    Files.copy(trained.resolve("checkpoints/last.safetensors"), weights);
  }

  private CommandRun init() {
    return CommandRun.of(
        "train",
        "--data",
        shapes,
        "--batch-size",
        2,
        "--out",
        folder.resolve("new"),
        "--init",
        weights);
  }

  private CommandRun resume() {
    return CommandRun.of("train", "--resume", run, "--iterations", 2);
  }

  private CommandRun eval() {
    return CommandRun.of("eval", "--weights", weights, "--data", shapes);
  }

  private CommandRun detect() {
    return CommandRun.of(
        "detect",
        "--weights",
        weights,
        "--out",
        folder.resolve("new"),
        shapes.resolve("JPEGImages"));
  }

  private void assertRefused(CommandRun refused, String message) throws IOException {
    assertThat(refused.exitCode()).describedAs(refused.err()).isEqualTo(ExitCode.WRONG_INPUT);
    // eval says on standard error what it computes on.
    List<String> lines =
        refused.err().lines().filter(line -> !line.startsWith("device  ")).toList();
    assertThat(lines).hasSize(1);
    assertThat(lines.getFirst()).startsWith("multibox: " + weights + ": ").contains(message);
    assertThat(folder.resolve("new")).doesNotExist();
    assertThat(run.resolve("log.jsonl")).hasSameBinaryContentAs(trained.resolve("log.jsonl"));
  }

  @ParameterizedTest
  @MethodSource("damages")
  void isRefusedByEveryCommand(Damage damage) throws IOException {
    Files.write(weights, damage.change.apply(Files.readAllBytes(weights)));

    assertRefused(init(), damage.message);
    assertRefused(resume(), damage.message);
    assertRefused(eval(), damage.message);
    assertRefused(detect(), damage.message);
  }

  @Test
  void aFolderIsNoCheckpoint() throws IOException {
    Files.delete(weights);
    Files.createDirectory(weights);

    assertRefused(init(), "is a folder; name a file in it");
    assertRefused(resume(), "is a folder; name a file in it");
    assertRefused(eval(), "is a folder; name a file in it");
    assertRefused(detect(), "is a folder; name a file in it");
  }

  @Test
  void aFileThatIsMissingIsNamed() throws IOException {
    Files.delete(weights);

    assertRefused(init(), "there is no such file");
    assertRefused(resume(), "there is no such file; start the run again with train --config");
    assertRefused(eval(), "there is no such file");
    assertRefused(detect(), "there is no such file");
  }

  @Test
  void aModelThatDoesNotExistIsNamed() throws IOException {
    rewrite(Map.of("model", "ssd-huge"));

    assertRefused(init(), "there is no 'ssd-huge'");
    assertRefused(resume(), "there is no 'ssd-huge'");
    assertRefused(eval(), "there is no 'ssd-huge'");
    assertRefused(detect(), "there is no 'ssd-huge'");
  }

  @Test
  void weightsOfAnotherModelAreRefused() throws IOException {
    rewrite(Map.of("model", "ssd300-vgg16", "input_height", "300", "input_width", "300"));

    assertRefused(init(), "is of ssd300-vgg16, the run trains ssd-tiny; name other weights, or");
    assertRefused(resume(), "does not fit the model of config.json");
    assertRefused(eval(), "does not fit ssd300-vgg16: missing ");
    assertRefused(detect(), "does not fit ssd300-vgg16: missing ");
  }

  @Test
  void anImageTooSmallForTheModelIsRefused() throws IOException {
    rewrite(Map.of("model", "ssd300-vgg16"));

    assertRefused(eval(), "an input of 32 x 32 is too small");
    assertRefused(detect(), "an input of 32 x 32 is too small");
  }

  @Test
  void weightsOfAnotherSafetensorsFileAreRefused() throws IOException {
    rewrite(Map.of("format", "pt"));

    assertRefused(init(), "no checkpoint of MultiBox");
    assertRefused(resume(), "no checkpoint of MultiBox");
    assertRefused(eval(), "no checkpoint of MultiBox");
    assertRefused(detect(), "no checkpoint of MultiBox");
  }

  @Test
  void aHeadOfAnotherSizeThanTheCategoriesIsRefused() throws IOException {
    rewrite(Map.of("categories", "[\"cat\", \"dog\"]"));

    assertRefused(init(), "classes and names 2 categories; name another checkpoint");
    assertRefused(resume(), "does not fit the data's categories of config.json");
    assertRefused(detect(), "does not fit ssd-tiny: heads.0.weight is ");
    CommandRun eval = eval();
    assertThat(eval.exitCode()).isEqualTo(ExitCode.WRONG_INPUT);
    assertThat(eval.err().lines()).hasSize(1);
    assertThat(eval.err()).contains("lacks cat, dog", "name the data it was made for");
  }

  /** The same tensors with other metadata, and without a checksum. */
  private void rewrite(Map<String, String> changes) throws IOException {
    Path copy = folder.resolve("copy.safetensors");
    Files.copy(weights, copy);
    try (SafetensorsFile file = SafetensorsFile.open(copy)) {
      Map<String, String> metadata = new LinkedHashMap<>(file.metadata());
      metadata.putAll(changes);
      metadata.remove("crc32c");
      Map<String, StoredTensor> tensors = new LinkedHashMap<>(file.tensors());
      SafetensorsWriter.write(weights, metadata, tensors);
    }
  }
}
