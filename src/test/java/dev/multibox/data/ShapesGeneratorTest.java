package dev.multibox.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.multibox.data.ShapesCanvas.Mask;
import dev.multibox.data.ShapesCanvas.Paint;
import dev.multibox.data.ShapesCanvas.PixelBox;
import dev.multibox.data.ShapesCanvas.Placement;
import dev.multibox.data.ShapesGenerator.Counts;
import dev.multibox.data.ShapesGenerator.Scene;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ShapesGeneratorTest {
  /** Of twenty scenes, on x86-64 with Temurin 25. */
  private static final long EXPECTED_HASH = -3172854100749517999L;

  private static final Counts FEW = new Counts(12, 5, 4);

  @TempDir private Path folder;

  @Test
  void theSameSeedGivesTheSameBytes() throws IOException {
    new ShapesGenerator(3).write(folder.resolve("one/shapes"), FEW, 64);
    new ShapesGenerator(3).write(folder.resolve("two/shapes"), FEW, 64);
    new ShapesGenerator(4).write(folder.resolve("three/shapes"), FEW, 64);
    Map<String, byte[]> one = files(folder.resolve("one/shapes"));
    assertThat(one).hasSize(2 * 21 + 3);
    assertThat(one).usingRecursiveComparison().isEqualTo(files(folder.resolve("two/shapes")));
    String image = "JPEGImages/train_00000.png";
    assertThat(one.get(image)).isNotEqualTo(files(folder.resolve("three/shapes")).get(image));
  }

  /** What every machine must draw; it changes only when the drawing does. */
  @Test
  void drawsTheSameBytesAsOnOtherMachines() {
    long hash = 0;
    for (int i = 0; i < 20; i++) {
      Scene scene = ShapesGenerator.draw(new SampleRandom(1).sample(0, i), 96);
      hash = 31 * hash + Arrays.hashCode(scene.pixels().rgb());
      for (PixelBox box : scene.boxes()) {
        hash = 31 * hash + box.left() + 1000L * box.top();
        hash = 31 * hash + box.right() + 1000L * box.bottom();
      }
    }
    assertThat(hash).isEqualTo(EXPECTED_HASH);
  }

  @Test
  void whatIsWrittenIsWhatIsDrawn() throws IOException {
    Path shapes = folder.resolve("shapes");
    new ShapesGenerator(9).write(shapes, FEW, 72);
    VocReader reader = VocReader.open(shapes);
    assertThat(reader.splits()).containsExactly("test", "train", "val");
    Dataset train = reader.read("train");
    assertThat(train.size()).isEqualTo(12);
    assertThat(reader.read("val").size()).isEqualTo(5);
    for (int i = 0; i < train.size(); i++) {
      Scene scene = ShapesGenerator.draw(new SampleRandom(9).sample(0, i), 72);
      ImageRecord image = train.images().get(i);
      PixelBuffer pixels = ImageDecoder.decode(image.file());
      assertThat(pixels.rgb()).isEqualTo(scene.pixels().rgb());
      assertThat(image.width()).isEqualTo(pixels.width());
      for (int k = 0; k < scene.boxes().size(); k++) {
        PixelBox box = scene.boxes().get(k);
        Annotation object = image.objects().get(k);
        assertThat(train.categories().get(object.category()))
            .isEqualTo(scene.kinds().get(k).category());
        assertThat(List.of(object.xmin(), object.ymin(), object.xmax(), object.ymax()))
            .containsExactly(
                (float) box.left(), (float) box.top(), (float) box.right(), (float) box.bottom());
      }
    }
    try (Stream<Path> left = Files.list(folder)) {
      assertThat(left).containsExactly(shapes);
    }
  }

  @Test
  void boxesEncloseExactlyTheDrawnPixels() {
    SplittableRandom random = new SplittableRandom(5);
    for (ShapeKind kind : ShapeKind.values()) {
      for (int i = 0; i < 20; i++) {
        double angle = random.nextDouble() * 6.28;
        double radius = 6 + random.nextDouble() * 20;
        Placement shape = new Placement(kind, 40.3, 38.8, radius, Math.cos(angle), Math.sin(angle));
        Mask mask = new Mask(shape);
        ShapesCanvas canvas = new ShapesCanvas(80, 80);
        Colour white = new Colour(255, 255, 255);
        canvas.draw(shape, mask, new Paint(white, white, 0, 0, 0));
        PixelBuffer pixels = canvas.pixels(random, 0);
        assertThat(mask.box()).isEqualTo(brightBox(pixels));
      }
    }
  }

  private static PixelBox brightBox(PixelBuffer pixels) {
    PixelBox box = new PixelBox(pixels.width(), pixels.height(), 0, 0);
    for (int y = 0; y < pixels.height(); y++) {
      for (int x = 0; x < pixels.width(); x++) {
        if (pixels.value(x, y, 0) >= 127.5) {
          box =
              new PixelBox(
                  Math.min(box.left(), x),
                  Math.min(box.top(), y),
                  Math.max(box.right(), x + 1),
                  Math.max(box.bottom(), y + 1));
        }
      }
    }
    return box;
  }

  @Test
  void shapesStayWithinTheUnitCircle() {
    for (ShapeKind kind : ShapeKind.values()) {
      int covered = 0;
      for (int i = 0; i < 360; i++) {
        double angle = Math.toRadians(i);
        assertThat(kind.contains(1.001 * Math.cos(angle), 1.001 * Math.sin(angle)))
            .describedAs("%s at %d degrees", kind, i)
            .isFalse();
        covered += kind.contains(0.63 * Math.cos(angle), 0.63 * Math.sin(angle)) ? 1 : 0;
      }
      assertThat(covered).describedAs(kind.name()).isPositive();
    }
  }

  @Test
  void scenesAreAsVariedAsPromised() {
    int empty = 0;
    int scenes = 600;
    Map<ShapeKind, Integer> kinds = new EnumMap<>(ShapeKind.class);
    for (int i = 0; i < scenes; i++) {
      Scene scene = ShapesGenerator.draw(new SampleRandom(2).sample(0, i), 64);
      int width = scene.pixels().width();
      int height = scene.pixels().height();
      assertThat(width * height).isBetween(60 * 64, 68 * 64);
      empty += scene.boxes().isEmpty() ? 1 : 0;
      for (int k = 0; k < scene.boxes().size(); k++) {
        kinds.merge(scene.kinds().get(k), 1, Integer::sum);
        PixelBox box = scene.boxes().get(k);
        assertThat(box.left()).isNotNegative();
        assertThat(box.top()).isNotNegative();
        assertThat(box.right()).isLessThanOrEqualTo(width);
        assertThat(box.bottom()).isLessThanOrEqualTo(height);
        assertThat(box.width()).isGreaterThanOrEqualTo((int) (0.12 * width));
        for (int other = 0; other < k; other++) {
          assertThat(box.overlap(scene.boxes().get(other))).isLessThanOrEqualTo(0.2);
        }
      }
    }
    // Binomial(600, 0.05): 30, deviation 5.3.
    assertThat(empty).isBetween(10, 50);
    assertThat(kinds).hasSize(6);
    assertThat(kinds.values()).allSatisfy(count -> assertThat(count).isBetween(150, 350));
  }

  @Test
  void refusesToWriteOverAnything() throws IOException {
    Files.createFile(folder.resolve("kept"));
    assertThatThrownBy(() -> new ShapesGenerator(1).write(folder, FEW, 64))
        .isInstanceOf(FileAlreadyExistsException.class)
        .hasMessageContaining("exists and is not an empty folder");
    assertThat(folder.resolve("kept")).exists();
    Path empty = Files.createDirectory(folder.resolve("empty"));
    new ShapesGenerator(1).write(empty, new Counts(1, 0, 0), 64);
    assertThat(VocReader.open(empty).read("train").size()).isEqualTo(1);
  }

  private static Map<String, byte[]> files(Path folder) throws IOException {
    Map<String, byte[]> files = new TreeMap<>();
    try (Stream<Path> all = Files.walk(folder)) {
      for (Path file : all.filter(Files::isRegularFile).toList()) {
        files.put(folder.relativize(file).toString(), Files.readAllBytes(file));
      }
    }
    return files;
  }
}
