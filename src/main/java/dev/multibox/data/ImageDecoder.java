package dev.multibox.data;

import java.awt.color.ColorSpace;
import java.awt.image.BufferedImage;
import java.awt.image.ColorModel;
import java.awt.image.DataBufferByte;
import java.awt.image.IndexColorModel;
import java.awt.image.Raster;
import java.io.ByteArrayInputStream;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.ServiceLoader;
import java.util.concurrent.atomic.AtomicReference;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import javax.imageio.spi.IIORegistry;
import javax.imageio.spi.ImageReaderSpi;
import javax.imageio.stream.FileImageInputStream;
import javax.imageio.stream.ImageInputStream;
import javax.imageio.stream.MemoryCacheImageInputStream;

/**
 * Image files as RGB bytes: JPEG, PNG, WebP, GIF and BMP, told by content, not by name. Grey
 * becomes equal channels, a palette is looked up, alpha is dropped, 16 bits keep their upper 8.
 * Embedded colour profiles are not applied, so that the numbers are those other frameworks train
 * on. Lossy WebP alone is off from what its own library decodes, on photographs by some three
 * levels.
 */
public final class ImageDecoder {
  static {
    // ImageIO itself looks by the class loader of whichever thread asks first, which may be one of
    // a pool that does not see the readers beside this class.
    ServiceLoader.load(ImageReaderSpi.class, ImageDecoder.class.getClassLoader())
        .forEach(IIORegistry.getDefaultInstance()::registerServiceProvider);
  }

  private ImageDecoder() {}

  /**
   * The pixels as stored; annotations are made on these.
   *
   * @throws IOException if the file is missing, damaged, cut short or of another format
   */
  public static PixelBuffer decode(Path file) throws IOException {
    return decode(file, bytes(file));
  }

  /**
   * The pixels turned as the EXIF orientation says, the way a person looks at them.
   *
   * @throws IOException as {@link #decode}
   */
  public static PixelBuffer decodeUpright(Path file) throws IOException {
    byte[] bytes = bytes(file);
    return ExifOrientation.of(bytes).apply(decode(file, bytes));
  }

  /**
   * The size of {@link #decode}'s pixels, from the file's head alone.
   *
   * @throws IOException as {@link #decode}, where the head shows it
   */
  static ImageSize size(Path file) throws IOException {
    requireReadable(file);
    try (ImageInputStream stream = new FileImageInputStream(file.toFile())) {
      return read(file, stream, reader -> new ImageSize(reader.getWidth(0), reader.getHeight(0)));
    }
  }

  /** How {@link #decodeUpright} turns the picture. */
  static ExifOrientation orientation(Path file) throws IOException {
    return ExifOrientation.of(bytes(file));
  }

  private static byte[] bytes(Path file) throws IOException {
    requireReadable(file);
    return Files.readAllBytes(file);
  }

  private static void requireReadable(Path file) throws IOException {
    if (!Files.isRegularFile(file)) {
      throw new FileNotFoundException(file + ": no such image; restore it, or name another");
    }
    if (!Files.isReadable(file)) {
      throw new IOException(file + ": may not be read; change its permissions");
    }
  }

  private static PixelBuffer decode(Path file, byte[] bytes) throws IOException {
    try (ImageInputStream stream =
        new MemoryCacheImageInputStream(new ByteArrayInputStream(bytes))) {
      return read(file, stream, ImageDecoder::pixels);
    }
  }

  /** Something asked of a file's reader. */
  private interface Question<T> {
    T ask(ImageReader reader) throws IOException;
  }

  private static <T> T read(Path file, ImageInputStream stream, Question<T> question)
      throws IOException {
    if (stream.read() < 0) {
      throw new IOException(file + ": is empty; restore it from its source");
    }
    stream.seek(0);
    Iterator<ImageReader> readers = ImageIO.getImageReaders(stream);
    if (!readers.hasNext()) {
      throw new IOException(
          file + ": is no JPEG, PNG, WebP, GIF or BMP image; convert it to one of them");
    }
    ImageReader reader = readers.next();
    try {
      reader.setInput(stream, true, true);
      return question.ask(reader);
    } catch (IOException | RuntimeException e) {
      throw new IOException(
          "%s: cannot be decoded (%s); restore it, or convert it to 8-bit RGB"
              .formatted(file, e.getMessage()),
          e);
    } finally {
      reader.dispose();
    }
  }

  private static PixelBuffer pixels(ImageReader reader) throws IOException {
    AtomicReference<String> truncation = new AtomicReference<>("");
    reader.addIIOReadWarningListener((_, warning) -> {
      if (warning.contains("runcated") || warning.contains("premature")) {
        truncation.set(warning);
      }
    });
    BufferedImage image = reader.read(0);
    if (!truncation.get().isEmpty()) {
      throw new IOException("cut short: " + truncation.get());
    }
    return new PixelBuffer(image.getWidth(), image.getHeight(), rgb(image));
  }

  private static byte[] rgb(BufferedImage image) {
    Raster raster = image.getRaster();
    ColorModel colours = image.getColorModel();
    if (image.getType() == BufferedImage.TYPE_3BYTE_BGR
        && raster.getDataBuffer() instanceof DataBufferByte buffer
        && buffer.getData().length == image.getWidth() * image.getHeight() * 3) {
      return swapped(buffer.getData());
    }
    if (colours instanceof IndexColorModel palette) {
      return lookedUp(raster, palette);
    }
    if (colours.getColorSpace().getType() == ColorSpace.TYPE_CMYK) {
      return printed(raster);
    }
    return banded(raster, colours.getComponentSize(0));
  }

  private static byte[] swapped(byte[] bgr) {
    byte[] rgb = new byte[bgr.length];
    for (int i = 0; i < bgr.length; i += 3) {
      rgb[i] = bgr[i + 2];
      rgb[i + 1] = bgr[i + 1];
      rgb[i + 2] = bgr[i];
    }
    return rgb;
  }

  private static byte[] lookedUp(Raster raster, IndexColorModel palette) {
    int width = raster.getWidth();
    byte[] rgb = new byte[width * raster.getHeight() * 3];
    int[] row = new int[width * raster.getNumBands()];
    for (int y = 0; y < raster.getHeight(); y++) {
      raster.getPixels(0, y, width, 1, row);
      for (int x = 0; x < width; x++) {
        int at = (y * width + x) * 3;
        rgb[at] = (byte) palette.getRed(row[x]);
        rgb[at + 1] = (byte) palette.getGreen(row[x]);
        rgb[at + 2] = (byte) palette.getBlue(row[x]);
      }
    }
    return rgb;
  }

  // Samples are taken as they are: BufferedImage.getRGB would convert grey from linear light.
  private static byte[] banded(Raster raster, int bits) {
    int width = raster.getWidth();
    int bands = raster.getNumBands();
    byte[] rgb = new byte[width * raster.getHeight() * 3];
    int[] row = new int[width * bands];
    for (int y = 0; y < raster.getHeight(); y++) {
      raster.getPixels(0, y, width, 1, row);
      for (int x = 0; x < width; x++) {
        for (int c = 0; c < 3; c++) {
          int sample = row[x * bands + (bands >= 3 ? c : 0)];
          rgb[(y * width + x) * 3 + c] = (byte) eightBits(sample, bits);
        }
      }
    }
    return rgb;
  }

  // Inks of 0 to 255 filter white light one after the other, without a printer's profile.
  private static byte[] printed(Raster raster) {
    int width = raster.getWidth();
    byte[] rgb = new byte[width * raster.getHeight() * 3];
    int[] row = new int[width * 4];
    for (int y = 0; y < raster.getHeight(); y++) {
      raster.getPixels(0, y, width, 1, row);
      for (int x = 0; x < width; x++) {
        int light = 255 - row[x * 4 + 3];
        for (int c = 0; c < 3; c++) {
          rgb[(y * width + x) * 3 + c] = (byte) (light - (light * row[x * 4 + c] + 127) / 255);
        }
      }
    }
    return rgb;
  }

  private static int eightBits(int sample, int bits) {
    return bits >= 8 ? sample >> (bits - 8) : sample * 255 / ((1 << bits) - 1);
  }
}
