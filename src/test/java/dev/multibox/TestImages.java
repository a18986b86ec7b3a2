package dev.multibox;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import javax.imageio.ImageIO;

/** Image files for tests that look at their size and no more. */
public final class TestImages {
  private TestImages() {}

  /** Writes a black picture, a PNG whatever the file's name. */
  public static void write(Path file, int width, int height) throws IOException {
    Files.createDirectories(file.toAbsolutePath().getParent());
    BufferedImage image = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
    ImageIO.write(image, "png", file.toFile());
  }
}
