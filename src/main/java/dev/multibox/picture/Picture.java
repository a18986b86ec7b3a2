package dev.multibox.picture;

import dev.multibox.data.PixelBuffer;
import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.geom.Rectangle2D;
import java.awt.image.BufferedImage;
import java.awt.image.DataBufferInt;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/**
 * An image to draw boxes on and to look at. A small one is enlarged, and one so narrow that no name
 * would fit on it lies at the edge of a wider canvas.
 */
public final class Picture {
  private static final int SMALLEST_LONGER_SIDE = 480;
  private static final int SMALLEST_CANVAS_WIDTH = 200;
  private static final int SMALLEST_CANVAS_HEIGHT = 100;
  private static final Color MARGIN = new Color(0x3C3F44);

  /** A picture this long is looked at pixel by pixel; of a larger one the whole must be legible. */
  private static final float UNSCALED_LONGER_SIDE = 750;

  private static final float UNSCALED_SHORTER_SIDE = 80;

  private final BufferedImage canvas;
  private final Rectangle2D image;

  private Picture(BufferedImage canvas, Rectangle2D image) {
    this.canvas = canvas;
    this.image = image;
  }

  /** A picture of these pixels, a whole number of times as large where they are few. */
  public static Picture of(PixelBuffer pixels) {
    int longer = Math.max(pixels.width(), pixels.height());
    int factor = Math.max(1, Math.ceilDiv(SMALLEST_LONGER_SIDE, longer));
    int width = factor * pixels.width();
    int height = factor * pixels.height();
    BufferedImage image = image(pixels);
    boolean isRoomy = width >= SMALLEST_CANVAS_WIDTH && height >= SMALLEST_CANVAS_HEIGHT;
    BufferedImage canvas = factor == 1 && isRoomy ? image : laid(image, width, height);
    return new Picture(canvas, new Rectangle2D.Double(0, 0, width, height));
  }

  /** A picture of these pixels, stretched so that its longer side has this length. */
  public static Picture scaled(PixelBuffer pixels, int longerSide) {
    double factor = (double) longerSide / Math.max(pixels.width(), pixels.height());
    int width = (int) Math.max(1, Math.round(factor * pixels.width()));
    int height = (int) Math.max(1, Math.round(factor * pixels.height()));
    BufferedImage canvas = laid(image(pixels), width, height);
    return new Picture(canvas, new Rectangle2D.Double(0, 0, width, height));
  }

  /** The picture that was drawn on {@code canvas}. */
  static Picture of(BufferedImage canvas) {
    return new Picture(canvas, new Rectangle2D.Double(0, 0, canvas.getWidth(), canvas.getHeight()));
  }

  private static BufferedImage image(PixelBuffer pixels) {
    BufferedImage image =
        new BufferedImage(pixels.width(), pixels.height(), BufferedImage.TYPE_INT_RGB);
    int[] out = ((DataBufferInt) image.getRaster().getDataBuffer()).getData();
    byte[] rgb = pixels.rgb();
    for (int i = 0, at = 0; i < out.length; i++, at += 3) {
      out[i] = (rgb[at] & 0xFF) << 16 | (rgb[at + 1] & 0xFF) << 8 | (rgb[at + 2] & 0xFF);
    }
    return image;
  }

  /** The image, stretched, at the top left of a canvas that names fit on. */
  private static BufferedImage laid(BufferedImage image, int width, int height) {
    BufferedImage canvas =
        new BufferedImage(
            Math.max(width, SMALLEST_CANVAS_WIDTH),
            Math.max(height, SMALLEST_CANVAS_HEIGHT),
            BufferedImage.TYPE_INT_RGB);
    Graphics2D graphics = canvas.createGraphics();
    graphics.setColor(MARGIN);
    graphics.fillRect(0, 0, canvas.getWidth(), canvas.getHeight());
    graphics.setRenderingHint(
        RenderingHints.KEY_INTERPOLATION, RenderingHints.VALUE_INTERPOLATION_BICUBIC);
    graphics.drawImage(image, 0, 0, width, height, null);
    graphics.dispose();
    return canvas;
  }

  /**
   * Draws boxes and their names; the first of {@code marks} come on top.
   *
   * @return this picture
   * @throws IOException if this Java cannot draw text
   */
  public Picture draw(List<Mark> marks) throws IOException {
    Graphics2D graphics = canvas.createGraphics();
    try {
      Rectangle2D all = new Rectangle2D.Double(0, 0, width(), height());
      new MarkPainter(graphics, all, image, unit()).draw(marks);
    } finally {
      graphics.dispose();
    }
    return this;
  }

  private float unit() {
    float longer = Math.max(width(), height()) / UNSCALED_LONGER_SIDE;
    float shorter = Math.min(width(), height()) / UNSCALED_SHORTER_SIDE;
    return Math.max(1, Math.min(longer, shorter));
  }

  /** Writes a PNG file, replacing one of this name as a whole. */
  public void write(Path file) throws IOException {
    PngFile.write(canvas, file);
  }

  public int width() {
    return canvas.getWidth();
  }

  public int height() {
    return canvas.getHeight();
  }

  BufferedImage canvas() {
    return canvas;
  }
}
