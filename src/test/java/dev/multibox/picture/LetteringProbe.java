package dev.multibox.picture;

import dev.multibox.box.Box;
import dev.multibox.data.PixelBuffer;
import java.awt.Font;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.util.List;

/** Draws text in a process of its own and says whether that went well. */
final class LetteringProbe {
  private LetteringProbe() {}

  public static void main(String[] args) throws IOException {
    try {
      if (args[0].equals("java")) {
        Graphics2D graphics = new BufferedImage(9, 9, BufferedImage.TYPE_INT_RGB).createGraphics();
        graphics.setFont(new Font(Font.SANS_SERIF, Font.PLAIN, 9));
        graphics.drawString("text", 0, 9);
      } else {
        Picture picture = Picture.of(new PixelBuffer(20, 20, new byte[20 * 20 * 3]));
        picture.draw(List.of(Mark.object(new Box(0, 0, 1, 1), 1, "name", "0.87")));
        if (inkOf(picture) == 0) {
          throw new IllegalStateException("no ink");
        }
      }
      System.out.println("drawn");
    } catch (RuntimeException e) {
      System.out.println("failed: " + e);
    }
  }

  private static int inkOf(Picture picture) {
    int ink = 0;
    for (int y = 0; y < picture.height(); y++) {
      for (int x = 0; x < picture.width(); x++) {
        int rgb = picture.canvas().getRGB(x, y);
        ink += rgb == Palette.of(1).getRGB() ? 1 : 0;
      }
    }
    return ink;
  }
}
