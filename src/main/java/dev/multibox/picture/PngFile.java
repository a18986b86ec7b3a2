package dev.multibox.picture;

import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.UUID;
import javax.imageio.ImageIO;
import javax.imageio.stream.ImageOutputStream;
import javax.imageio.stream.MemoryCacheImageOutputStream;

/** Writes pictures as PNG files, under a temporary name first: nobody looks at half of one. */
final class PngFile {
  private PngFile() {}

  static void write(BufferedImage picture, Path file) throws IOException {
    // In memory first, since a full disk would not be reported through ImageIO.
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ImageOutputStream stream = new MemoryCacheImageOutputStream(bytes)) {
      if (!ImageIO.write(picture, "png", stream)) {
        throw new IOException(file + ": this Java has no PNG writer; use another JDK 25");
      }
    }
    Path absolute = file.toAbsolutePath();
    Path temporary =
        absolute.resolveSibling(".%s.%s.tmp".formatted(file.getFileName(), UUID.randomUUID()));
    try {
      Files.write(temporary, bytes.toByteArray());
      Files.move(temporary, absolute, StandardCopyOption.REPLACE_EXISTING);
    } finally {
      Files.deleteIfExists(temporary);
    }
  }
}
