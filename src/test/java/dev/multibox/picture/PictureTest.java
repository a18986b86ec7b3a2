package dev.multibox.picture;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;

import dev.multibox.box.Box;
import dev.multibox.data.PixelBuffer;
import java.awt.Color;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PictureTest {
  @TempDir Path folder;

  private static PixelBuffer pixels(int width, int height, String kind) {
    byte[] rgb = new byte[width * height * 3];
    Random random = new Random(1);
    for (int i = 0; i < rgb.length; i++) {
      rgb[i] =
          switch (kind) {
            case "white" -> (byte) 255;
            case "black" -> 0;
            case "grey" -> (byte) 128;
            default -> (byte) random.nextInt(256);
          };
    }
    return new PixelBuffer(width, height, rgb);
  }

  private static Mark object(float xmin, float ymin, float xmax, float ymax, int label) {
    return Mark.object(new Box(xmin, ymin, xmax, ymax), label, "object", "0.87");
  }

  private static int count(BufferedImage image, int x, int y, int width, int height, Color colour) {
    int count = 0;
    for (int row = y; row < y + height; row++) {
      for (int column = x; column < x + width; column++) {
        count += (image.getRGB(column, row) | 0xFF000000) == colour.getRGB() ? 1 : 0;
      }
    }
    return count;
  }

  private static int count(BufferedImage image, Color colour) {
    return count(image, 0, 0, image.getWidth(), image.getHeight(), colour);
  }

  @ParameterizedTest
  @ValueSource(strings = {"white", "black", "grey", "noise"})
  void aBoxHasItsColourWhereItsEdgesAre(String kind) throws IOException {
    Picture picture =
        Picture.of(pixels(640, 480, kind)).draw(List.of(object(.25f, .25f, .75f, .75f, 3)));

    Color colour = Palette.of(3);
    for (int[] at : new int[][] {{160, 300}, {480, 200}, {400, 120}, {200, 360}}) {
      assertThat(new Color(picture.canvas().getRGB(at[0], at[1])))
          .describedAs("at %d, %d", at[0], at[1])
          .isEqualTo(colour);
    }
    assertThat(count(picture.canvas(), 200, 150, 200, 150, colour)).isLessThan(10);
  }

  @ParameterizedTest
  @ValueSource(strings = {"white", "black", "grey", "noise"})
  void aLabelIsFilledAndHasInk(String kind) throws IOException {
    Picture picture =
        Picture.of(pixels(640, 480, kind)).draw(List.of(object(.25f, .25f, .75f, .75f, 3)));

    // Above the box's upper left corner, where nothing else is.
    Color colour = Palette.of(3);
    assertThat(count(picture.canvas(), 160, 104, 80, 14, colour)).isGreaterThan(300);
    assertThat(count(picture.canvas(), 160, 104, 80, 14, Palette.ink(colour))).isGreaterThan(60);
  }

  @Test
  void aBoxAtTheEdgeShowsItsWholeLine() throws IOException {
    Picture picture =
        Picture.of(pixels(640, 480, "grey")).draw(List.of(object(-.5f, 0, 1, 1.5f, 1)));

    for (int[] at : new int[][] {{2, 240}, {637, 240}, {320, 2}, {320, 477}}) {
      assertThat(new Color(picture.canvas().getRGB(at[0], at[1]))).isEqualTo(Palette.of(1));
    }
  }

  @Test
  void theFirstMarkComesOnTop() throws IOException {
    Picture picture =
        Picture.of(pixels(640, 480, "grey"))
            .draw(List.of(object(.25f, .25f, .75f, .75f, 1), object(.25f, .25f, .75f, .75f, 2)));

    assertThat(new Color(picture.canvas().getRGB(160, 300))).isEqualTo(Palette.of(1));
  }

  @ParameterizedTest
  @CsvSource({
    "20, 20, 480, 480",
    "1, 1, 480, 480",
    "96, 64, 480, 320",
    "640, 480, 640, 480",
    "3000, 60, 3000, 100",
    "60, 3000, 200, 3000",
    "2000, 1, 2000, 100"
  })
  void smallAndNarrowImagesGetRoomForNames(int width, int height, int wide, int high)
      throws IOException {
    Picture picture =
        Picture.of(pixels(width, height, "noise")).draw(List.of(object(0, 0, 1, 1, 1)));

    assertThat(picture.width()).isEqualTo(wide);
    assertThat(picture.height()).isEqualTo(high);
    assertThat(count(picture.canvas(), Palette.of(1))).isGreaterThan(300);
    assertThat(count(picture.canvas(), Palette.ink(Palette.of(1)))).isGreaterThan(60);
  }

  @Test
  void linesAndLettersGrowWithTheImage() throws IOException {
    Picture small =
        Picture.of(pixels(600, 400, "white")).draw(List.of(object(.2f, .2f, .8f, .8f, 1)));
    Picture large =
        Picture.of(pixels(3000, 2000, "white")).draw(List.of(object(.2f, .2f, .8f, .8f, 1)));

    int ofSmall = count(small.canvas(), 100, 200, 40, 1, Palette.of(1));
    int ofLarge = count(large.canvas(), 500, 1000, 200, 1, Palette.of(1));
    assertThat(ofSmall).isBetween(1, 3);
    assertThat(ofLarge).isBetween(7, 11);
  }

  @ParameterizedTest
  @CsvSource({"640, 480", "60, 3000", "20, 20"})
  void aNameTooLongIsShortenedAndKeepsItsScore(int width, int height) throws IOException {
    Box box = new Box(.2f, .2f, .8f, .8f);
    Picture whole = Picture.of(pixels(width, height, "white"));
    whole.draw(List.of(Mark.object(box, 1, "object".repeat(50), "0.87")));
    Picture other = Picture.of(pixels(width, height, "white"));
    other.draw(List.of(Mark.object(box, 1, "object".repeat(50), "0.12")));

    assertThat(count(whole.canvas(), Palette.of(1))).isLessThan(whole.width() * whole.height() / 4);
    assertThat(differ(whole.canvas(), other.canvas())).isTrue();
  }

  private static boolean differ(BufferedImage one, BufferedImage other) {
    for (int y = 0; y < one.getHeight(); y++) {
      for (int x = 0; x < one.getWidth(); x++) {
        if (one.getRGB(x, y) != other.getRGB(x, y)) {
          return true;
        }
      }
    }
    return false;
  }

  @Test
  void aDashedBoxHasGaps() throws IOException {
    Picture picture =
        Picture.of(pixels(640, 480, "white"))
            .draw(List.of(Mark.dashed(new Box(.25f, .25f, .75f, .75f), 1)));

    int coloured = count(picture.canvas(), 160, 130, 1, 200, Palette.of(1));
    int white = count(picture.canvas(), 160, 130, 1, 200, Color.WHITE);
    assertThat(coloured).isBetween(80, 150);
    assertThat(white).isBetween(40, 100);
  }

  @Test
  void aPictureReplacesAFileAsAWhole() throws IOException {
    Path file = Files.writeString(folder.resolve("picture.png"), "older");
    Picture.of(pixels(640, 480, "noise")).draw(List.of(object(0, 0, 1, 1, 1))).write(file);

    assertThat(ImageIO.read(file.toFile()).getWidth()).isEqualTo(640);
    assertThat(folder).isDirectoryNotContaining("glob:**.tmp");
  }

  @Test
  void aFileThatCannotBeWrittenLeavesNothing() throws IOException {
    Path taken = Files.createDirectory(folder.resolve("picture.png"));
    Files.createFile(taken.resolve("content"));
    Picture picture = Picture.of(pixels(20, 20, "noise"));

    assertThatIOException().isThrownBy(() -> picture.write(taken));
    assertThat(folder).isDirectoryNotContaining("glob:**.tmp");
    assertThat(taken).isNotEmptyDirectory();
  }
}
