package dev.multibox.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.awt.image.BufferedImage;
import java.awt.image.DataBuffer;
import java.awt.image.IndexColorModel;
import java.awt.image.Raster;
import java.awt.image.WritableRaster;
import java.io.ByteArrayOutputStream;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.SplittableRandom;
import javax.imageio.IIOImage;
import javax.imageio.ImageIO;
import javax.imageio.ImageWriter;
import javax.imageio.stream.ImageOutputStream;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ImageDecoderTest {
  private static final int WIDTH = 13;
  private static final int HEIGHT = 7;

  @TempDir private Path folder;

  private final int[] noise = new SplittableRandom(1).ints(WIDTH * HEIGHT * 4, 0, 256).toArray();

  @ParameterizedTest
  @CsvSource({"png", "bmp"})
  void rgbIsKept(String format) throws IOException {
    Path file = write(BufferedImage.TYPE_INT_RGB, 3, 1, format);
    assertRgb(ImageDecoder.decode(file), (pixel, c) -> noise[pixel * 3 + c]);
  }

  @Test
  void greyBecomesEqualChannelsUnchanged() throws IOException {
    Path file = write(BufferedImage.TYPE_BYTE_GRAY, 1, 1, "png");
    assertRgb(ImageDecoder.decode(file), (pixel, _) -> noise[pixel]);
  }

  @Test
  void sixteenBitsKeepTheUpperEight() throws IOException {
    Path file = write(BufferedImage.TYPE_USHORT_GRAY, 1, 257, "png");
    assertRgb(ImageDecoder.decode(file), (pixel, _) -> noise[pixel]);
  }

  @Test
  void alphaIsDropped() throws IOException {
    Path file = write(BufferedImage.TYPE_INT_ARGB, 4, 1, "png");
    assertRgb(ImageDecoder.decode(file), (pixel, c) -> noise[pixel * 4 + c]);
  }

  @Test
  void palettesAreLookedUp() throws IOException {
    byte[] red = new byte[256];
    byte[] green = new byte[256];
    byte[] blue = new byte[256];
    for (int i = 0; i < 256; i++) {
      red[i] = (byte) (255 - i);
      green[i] = (byte) (i * 7);
      blue[i] = (byte) (i * 31);
    }
    IndexColorModel palette = new IndexColorModel(8, 256, red, green, blue);
    BufferedImage image =
        new BufferedImage(WIDTH, HEIGHT, BufferedImage.TYPE_BYTE_INDEXED, palette);
    image.getRaster().setPixels(0, 0, WIDTH, HEIGHT, Arrays.copyOf(noise, WIDTH * HEIGHT));
    Path file = folder.resolve("palette.png");
    ImageIO.write(image, "png", file.toFile());
    byte[][] tables = {red, green, blue};
    assertRgb(ImageDecoder.decode(file), (pixel, c) -> tables[c][noise[pixel]] & 0xFF);
  }

  @Test
  void inksBecomeTheLightTheyLetThrough() throws IOException {
    // One flat colour, which JPEG keeps to a level or two. Files hold 255 less the ink, as Adobe's.
    int[] inks = {88, 99, 184, 30};
    int[] stored = {255 - 88, 255 - 99, 255 - 184, 255 - 30};
    WritableRaster raster = Raster.createInterleavedRaster(DataBuffer.TYPE_BYTE, 16, 16, 4, null);
    for (int i = 0; i < 256; i++) {
      raster.setPixel(i % 16, Math.floorDiv(i, 16), stored);
    }
    Path file = folder.resolve("cmyk.jpg");
    ImageWriter writer = ImageIO.getImageWritersByFormatName("jpeg").next();
    try (ImageOutputStream stream = ImageIO.createImageOutputStream(file.toFile())) {
      writer.setOutput(stream);
      writer.write(new IIOImage(raster, null, null));
    } finally {
      writer.dispose();
    }
    PixelBuffer pixels = ImageDecoder.decode(file);
    for (int c = 0; c < 3; c++) {
      double light = (255 - inks[c]) * (255 - inks[3]) / 255.0;
      assertThat((double) pixels.value(7, 9, c)).isCloseTo(light, Offset.offset(3.0));
    }
  }

  @Test
  void theFormatIsToldByContent() throws IOException {
    Path png = write(BufferedImage.TYPE_INT_RGB, 3, 1, "png");
    Path named = Files.move(png, folder.resolve("image.jpg"));
    assertRgb(ImageDecoder.decode(named), (pixel, c) -> noise[pixel * 3 + c]);
  }

  @Test
  void refusesWhatIsNoImageNamingTheFile() throws IOException {
    Path empty = Files.createFile(folder.resolve("empty.jpg"));
    assertRefused(empty, "is empty");
    Path text = Files.writeString(folder.resolve("text.jpg"), "hello");
    assertRefused(text, "is no JPEG, PNG, WebP, GIF or BMP image; convert it");
    Path cut = folder.resolve("cut.jpg");
    byte[] jpeg = jpeg();
    Files.write(cut, Arrays.copyOf(jpeg, jpeg.length / 2));
    assertRefused(cut, "cannot be decoded (");
    Path png = write(BufferedImage.TYPE_INT_RGB, 3, 1, "png");
    Files.write(cut, Arrays.copyOf(Files.readAllBytes(png), 60));
    assertRefused(cut, "cannot be decoded");
    assertThatThrownBy(() -> ImageDecoder.decode(folder.resolve("ghost.jpg")))
        .isInstanceOf(FileNotFoundException.class)
        .hasMessageContaining("ghost.jpg");
  }

  private static void assertRefused(Path file, String what) {
    assertThatThrownBy(() -> ImageDecoder.decode(file))
        .isInstanceOf(IOException.class)
        .hasMessageStartingWith(file + ": ")
        .hasMessageContaining(what);
  }

  /** Where the stored picture's top left pixel and the one right of it go, on 13 x 7 pixels. */
  @ParameterizedTest
  @CsvSource({
    "1, 13, 0, 0, 1, 0",
    "2, 13, 12, 0, 11, 0",
    "3, 13, 12, 6, 11, 6",
    "4, 13, 0, 6, 1, 6",
    "5, 7, 0, 0, 0, 1",
    "6, 7, 6, 0, 6, 1",
    "7, 7, 6, 12, 6, 11",
    "8, 7, 0, 12, 0, 11",
    "9, 13, 0, 0, 1, 0",
  })
  void orientationsTurnThePictureUpright(int code, int width, int x0, int y0, int x1, int y1)
      throws IOException {
    for (ByteOrder order : new ByteOrder[] {ByteOrder.BIG_ENDIAN, ByteOrder.LITTLE_ENDIAN}) {
      Path file = folder.resolve("turned.jpg");
      Files.write(file, withOrientation(jpeg(), code, order));
      PixelBuffer stored = ImageDecoder.decode(file);
      PixelBuffer upright = ImageDecoder.decodeUpright(file);
      assertThat(stored.width()).isEqualTo(WIDTH);
      assertThat(upright.width()).isEqualTo(width);
      for (int c = 0; c < 3; c++) {
        assertThat(upright.value(x0, y0, c)).isEqualTo(stored.value(0, 0, c));
        assertThat(upright.value(x1, y1, c)).isEqualTo(stored.value(1, 0, c));
      }
    }
  }

  @Test
  void damagedOrientationsAreIgnored() throws IOException {
    byte[] jpeg = withOrientation(jpeg(), 6, ByteOrder.BIG_ENDIAN);
    // The offset of the directory, 8, stands 14 bytes into the segment's content.
    ByteBuffer.wrap(jpeg).putInt(2 + 4 + 6 + 4, 0x7FFFFFFF);
    assertThat(ExifOrientation.of(jpeg)).isEqualTo(ExifOrientation.UPRIGHT);
    for (int length = 0; length < 60; length++) {
      byte[] whole = withOrientation(jpeg(), 6, ByteOrder.BIG_ENDIAN);
      ExifOrientation cut = ExifOrientation.of(Arrays.copyOf(whole, length));
      assertThat(cut.mirroredY()).isFalse();
    }
  }

  private static byte[] withOrientation(byte[] jpeg, int code, ByteOrder order) {
    ByteBuffer tiff = ByteBuffer.allocate(26).order(order);
    tiff.put((order == ByteOrder.BIG_ENDIAN ? "MM" : "II").getBytes(StandardCharsets.US_ASCII));
    tiff.putShort((short) 42).putInt(8).putShort((short) 1);
    tiff.putShort((short) 0x0112).putShort((short) 3).putInt(1).putShort((short) code);
    ByteBuffer file = ByteBuffer.allocate(jpeg.length + 36);
    file.put(jpeg, 0, 2).putShort((short) 0xFFE1).putShort((short) 34);
    file.put("Exif\0\0".getBytes(StandardCharsets.US_ASCII)).put(tiff.array());
    return file.put(jpeg, 2, jpeg.length - 2).array();
  }

  /** A smooth picture, so that its corners differ after compression too. */
  private static byte[] jpeg() throws IOException {
    BufferedImage image = new BufferedImage(WIDTH, HEIGHT, BufferedImage.TYPE_INT_RGB);
    for (int y = 0; y < HEIGHT; y++) {
      for (int x = 0; x < WIDTH; x++) {
        image.setRGB(x, y, (x * 19) << 16 | (y * 36) << 8 | (x * 10 + y * 15));
      }
    }
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    ImageIO.write(image, "jpg", bytes);
    return bytes.toByteArray();
  }

  private Path write(int type, int bands, int factor, String format) throws IOException {
    BufferedImage image = new BufferedImage(WIDTH, HEIGHT, type);
    WritableRaster raster = image.getRaster();
    int[] values = Arrays.copyOf(noise, WIDTH * HEIGHT * bands);
    for (int i = 0; i < values.length; i++) {
      values[i] *= factor;
    }
    raster.setPixels(0, 0, WIDTH, HEIGHT, values);
    Path file = folder.resolve("image." + format);
    assertThat(ImageIO.write(image, format, file.toFile())).isTrue();
    return file;
  }

  /** The value expected of a pixel's channel. */
  private interface Expected {
    int value(int pixel, int channel);
  }

  private static void assertRgb(PixelBuffer pixels, Expected expected) {
    assertThat(pixels.width()).isEqualTo(WIDTH);
    assertThat(pixels.height()).isEqualTo(HEIGHT);
    for (int i = 0; i < WIDTH * HEIGHT; i++) {
      for (int c = 0; c < 3; c++) {
        assertThat(pixels.value(i % WIDTH, Math.floorDiv(i, WIDTH), c))
            .isEqualTo(expected.value(i, c));
      }
    }
  }
}
