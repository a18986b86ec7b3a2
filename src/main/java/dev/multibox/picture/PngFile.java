package dev.multibox.picture;

import dev.multibox.weights.WholeFile;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import javax.imageio.ImageIO;
import javax.imageio.stream.ImageOutputStream;
import javax.imageio.stream.MemoryCacheImageOutputStream;

/** Writes pictures as PNG files. */
final class PngFile {
  private PngFile() {}

  /**
   * Writes {@code file}, replacing one of this name, as {@link WholeFile} does.
   *
   * @throws IOException if it cannot be written; the message names it
   */
  static void write(BufferedImage picture, Path file) throws IOException {
    // In memory first, where it cannot fail half-way.
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ImageOutputStream stream = new MemoryCacheImageOutputStream(bytes)) {
      if (!ImageIO.write(picture, "png", stream)) {
        throw new IOException(file + ": this Java has no PNG writer; use another JDK 25");
      }
    }
    ByteBuffer content = ByteBuffer.wrap(bytes.toByteArray());
    WholeFile.write(file, channel -> WholeFile.writeFully(channel, content));
  }
}
