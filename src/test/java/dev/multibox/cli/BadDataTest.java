package dev.multibox.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.multibox.TestCoco;
import dev.multibox.data.DatasetReader;
import dev.multibox.data.ShapesGenerator;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Data that cannot be used is refused in one line with code 2 that says what, where and how. */
class BadDataTest {
  @TempDir static Path shared;
  @TempDir Path folder;

  private static Path sound;
  private static Path weights;

  private Path data;

  @BeforeAll
  static void train() throws IOException {
    sound = shared.resolve("sound");
    new ShapesGenerator(1).write(sound, new ShapesGenerator.Counts(6, 2, 0), 64);
    Path run = shared.resolve("run");
    CommandRun trained = train(sound, run);
    assertThat(trained.exitCode()).describedAs(trained.err()).isEqualTo(ExitCode.DONE);
    weights = run.resolve("checkpoints/last.safetensors");
  }

  private static CommandRun train(Path data, Path out, Object... more) {
    List<Object> words =
        new ArrayList<>(
            List.of("train", "--data", data, "--out", out, "--input-size", 64, "--batch-size", 2));
    words.addAll(List.of("--iterations", 4, "--workers", 1));
    words.addAll(List.of(more));
    return CommandRun.of(words.toArray());
  }

  private static CommandRun eval(Path data, Object... more) {
    List<Object> words = new ArrayList<>(List.of("eval", "--weights", weights, "--data", data));
    words.addAll(List.of(more));
    return CommandRun.of(words.toArray());
  }

  @BeforeEach
  void copySoundData() throws IOException {
    data = folder.resolve("data");
    try (Stream<Path> files = Files.walk(sound)) {
      for (Path file : files.toList()) {
        Files.copy(file, data.resolve(sound.relativize(file).toString()));
      }
    }
  }

  /** Something done to a data set of which {@code split} is going to be read. */
  interface Damage {
    void to(Path data, String split) throws IOException;
  }

  private static Arguments refused(String what, Damage damage, String... message) {
    return Arguments.of(what, damage, List.of(message));
  }

  static Stream<Arguments> damages() {
    return Stream.of(
        refused("no folder", (data, _) -> delete(data), "data: no such folder; name an existing"),
        refused(
            "an empty folder",
            (data, _) -> {
              delete(data);
              Files.createDirectory(data);
            },
            "data: has neither ImageSets/Main (VOC) nor annotations/*.json (COCO)",
            "--layout voc|coco or --annotations FILE --images DIR"),
        refused(
            "both layouts",
            (data, _) -> write(data.resolve("annotations/train.json"), "{}"),
            "data: has both ImageSets/Main (VOC) and annotations/*.json (COCO)",
            "--layout voc|coco or --annotations FILE --images DIR"),
        refused(
            "no images", (data, _) -> delete(data.resolve("JPEGImages")), "JPEGImages: no such"),
        refused(
            "a box turned over",
            (data, split) -> edit(xml(data, split), "<xmin>\\d+</xmin>", "<xmin>999</xmin>"),
            "_00000.xml:",
            "xmax <= xmin; correct the box or remove the object"),
        refused(
            "a box beside the image",
            (data, split) -> edit(xml(data, split), "<xmax>\\d+</xmax>", "<xmax>999</xmax>"),
            "reaches out of the image of "),
        refused(
            "an annotation cut short",
            (data, split) -> edit(xml(data, split), "</annotation>", ""),
            "_00000.xml:",
            "not well-formed XML"),
        refused(
            "no annotation",
            (data, split) -> Files.delete(xml(data, split)),
            ".txt:1: ",
            "has no annotation; add "),
        refused(
            "no image",
            (data, split) -> Files.delete(image(data, split)),
            ".txt:1: ",
            "has no image; add "),
        refused(
            "an image that is text",
            (data, split) -> write(image(data, split), "no picture"),
            "_00000.",
            "is no JPEG, PNG, WebP, GIF or BMP image; convert it"),
        refused(
            "an image without content",
            (data, split) -> write(image(data, split), ""),
            "_00000.",
            "is empty; restore it"),
        refused(
            "an empty list", (data, split) -> write(list(data, split), "\n"), "lists no image; "),
        refused(
            "no list",
            (data, split) -> Files.delete(list(data, split)),
            "; name one of test, val with --train-split|no such split; there are test, train"),
        refused(
            "a list of one class",
            (data, split) -> {
              List<String> lines = Files.readAllLines(list(data, split));
              Files.write(list(data, split), lines.stream().map(line -> line + " -1").toList());
            },
            "; name one of test, val with --train-split|:1: wanted an image's name alone"),
        refused(
            "a list that is no text",
            (data, split) -> Files.write(list(data, split), new byte[] {(byte) 0xFF, 10}),
            ".txt: is no UTF-8 text"));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("damages")
  void trainRefuses(String what, Damage damage, List<String> message) throws IOException {
    damage.to(data, "train");
    Path out = folder.resolve("out");
    assertRefused(train(data, out), message);
    assertThat(out).describedAs(what).doesNotExist();
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("damages")
  void evalRefuses(String what, Damage damage, List<String> message) throws IOException {
    damage.to(data, "val");
    assertRefused(eval(data), message);
  }

  @Test
  void imagesThatAreCutShortAreRefused() throws IOException {
    Path training = image(data, "train");
    halve(training);
    assertRefused(train(data, folder.resolve("out")), List.of(training + ": cannot be decoded ("));
    Path validation = image(data, "val");
    halve(validation);
    assertRefused(eval(data), List.of(validation + ": cannot be decoded ("));
  }

  private static void halve(Path file) throws IOException {
    byte[] bytes = Files.readAllBytes(file);
    Files.write(file, Arrays.copyOf(bytes, bytes.length / 2));
  }

  @Test
  void evalRefusesOtherCategories() throws IOException {
    edit(xml(data, "val"), "<name>\\w+</name>", "<name>zebra</name>");
    assertRefused(
        eval(data), List.of("data val: has zebra besides", "unlike the classes of " + weights));
  }

  @Test
  void evalRefusesWeightsOfAnotherClassCount() throws IOException {
    List<String> categories = DatasetReader.open(data).read("val").categories();
    try (Stream<Path> annotations = Files.list(data.resolve("Annotations"))) {
      for (Path file : annotations.toList()) {
        String merged =
            Files.readString(file)
                .replace("<name>" + categories.get(0), "<name>" + categories.get(1));
        Files.writeString(file, merged);
      }
    }
    assertRefused(
        eval(data),
        List.of("data val: lacks " + categories.get(0) + ", unlike the classes of " + weights));
  }

  @Test
  void evalRefusesWhatIsNoCheckpoint() {
    Path list = list(data, "val");
    assertRefused(CommandRun.of("eval", "--weights", list, "--data", data), List.of("val.txt: "));
    Path none = folder.resolve("none.safetensors");
    assertRefused(CommandRun.of("eval", "--weights", none, "--data", data), List.of("none"));
  }

  @Test
  void splitsThatAreNotThereAreRefused() {
    assertRefused(
        train(data, folder.resolve("out"), "--train-split", "dev"),
        List.of("dev.txt: no such split; there are test, train, val"));
    assertRefused(
        eval(data, "--split", "dev"),
        List.of("dev.txt: no such split; there are test, train, val"));
  }

  static Stream<Arguments> cocoDamages() {
    return Stream.of(
        refused(
            "no width",
            edited("\"bbox\":\\[(\\d+),(\\d+),\\d+", "\"bbox\":[$1,$2,0"),
            "train.json:1:",
            ": annotation ",
            "width <= 0; correct the box or remove the annotation"),
        refused(
            "an unknown image",
            edited("\"image_id\":\\d+", "\"image_id\":999"),
            "is of image 999, which the file does not list"),
        refused(
            "an unknown category",
            edited("\"category_id\":\\d+", "\"category_id\":7"),
            "is of category 7, which the file does not list"),
        refused(
            "one id twice",
            edited("\"id\":2,\"image_id\"", "\"id\":1,\"image_id\""),
            "annotation 1 has the id of another; number them apart"),
        refused(
            "captions",
            edited("\"categories\"", "\"captions\""),
            "train.json: has no list \"categories\"; is it COCO's form?"),
        refused("a file cut short", edited("\\}$", ""), "train.json:1:", "not valid JSON"),
        refused(
            "a missing image",
            edited("_00000\\.", "_ghost."),
            "image 1: there is no ",
            "; restore it or remove the image"));
  }

  private static Damage edited(String pattern, String replacement) {
    return (data, _) -> edit(data.resolve("annotations/train.json"), pattern, replacement);
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("cocoDamages")
  void trainRefusesInCocosLayout(String what, Damage damage, List<String> message)
      throws IOException {
    Path coco = folder.resolve("coco");
    TestCoco.write(DatasetReader.open(data).read("train"), coco.resolve("annotations/train.json"));
    damage.to(coco, "train");
    Path out = folder.resolve("out");
    assertRefused(train(coco, out), message);
    assertThat(out).describedAs(what).doesNotExist();
    CommandRun checked = CommandRun.of("data", "check", coco);
    assertThat(checked.exitCode()).isEqualTo(ExitCode.FAILED);
    assertThat(checked.out()).contains(message.getLast());
  }

  @Test
  void dataThatMayNotBeReadIsRefused() throws IOException {
    Path image = image(data, "train");
    Files.setPosixFilePermissions(image, PosixFilePermissions.fromString("---------"));
    assumeThat(Files.isReadable(image)).describedAs("root reads everything").isFalse();
    assertRefused(
        train(data, folder.resolve("out")),
        List.of(image + ": may not be read; change its permissions"));
  }

  @Test
  void checkRefusesWhatIsNoDataSet() throws IOException {
    Path none = folder.resolve("none");
    assertRefused(CommandRun.of("data", "check", none), List.of("none: no such folder"));
    Files.createDirectory(none);
    assertRefused(CommandRun.of("data", "check", none), List.of("none: has neither"));
    assertRefused(CommandRun.of("data", "check"), List.of("name a data set's folder, or"));
    for (Map.Entry<String, String> wrong :
        Map.of(
                "--layout tf", "--layout: was 'tf', wanted voc or coco",
                "--model ssd-huge", "model: there is no 'ssd-huge'",
                "--input-size 96", "--input-size: needs --model",
                "--images photos", "--images: needs --annotations FILE",
                "--json none/x/y.json", "the folder ")
            .entrySet()) {
      List<Object> words = new ArrayList<>(List.of("data", "check", data));
      words.addAll(List.of(wrong.getKey().split(" ", -1)));
      assertRefused(CommandRun.of(words.toArray()), List.of(wrong.getValue()));
    }
  }

  /** A text of {@code message} with a bar has either side of it. */
  private static void assertRefused(CommandRun run, List<String> message) {
    assertThat(run.exitCode()).describedAs(run.err()).isEqualTo(ExitCode.WRONG_INPUT);
    assertThat(run.err().lines()).singleElement().asString().startsWith("multibox: ");
    for (String part : message) {
      assertThat(run.err()).containsAnyOf(part.split("\\|(?!coco)", -1));
    }
  }

  private static Path xml(Path data, String split) {
    return data.resolve("Annotations").resolve(split + "_00000.xml");
  }

  private static Path list(Path data, String split) {
    return data.resolve("ImageSets/Main").resolve(split + ".txt");
  }

  private static Path image(Path data, String split) throws IOException {
    try (Stream<Path> files = Files.list(data.resolve("JPEGImages"))) {
      return files
          .filter(file -> file.getFileName().toString().startsWith(split + "_00000."))
          .findFirst()
          .orElseThrow();
    }
  }

  private static void write(Path file, String content) throws IOException {
    Files.createDirectories(file.getParent());
    Files.writeString(file, content);
  }

  private static void edit(Path file, String pattern, String replacement) throws IOException {
    String content = Files.readString(file);
    String edited = content.replaceFirst(pattern, replacement);
    assertThat(edited).isNotEqualTo(content);
    Files.writeString(file, edited);
  }

  private static void delete(Path folder) throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.toList().reversed()) {
        Files.delete(file);
      }
    }
  }
}
