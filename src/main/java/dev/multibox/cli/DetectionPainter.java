package dev.multibox.cli;

import dev.multibox.data.PixelBuffer;
import dev.multibox.model.Detection;
import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Font;
import java.awt.FontFormatException;
import java.awt.FontMetrics;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.geom.Rectangle2D;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Locale;
import javax.imageio.ImageIO;

/** Draws boxes, names and scores on an image; the best detection comes on top. */
final class DetectionPainter {
  /** Small images are enlarged to this many pixels on their longer side, so that text fits. */
  private static final int SMALLEST_PICTURE = 480;

  private static final String FONT = "/net/sf/jasperreports/fonts/dejavu/DejaVuSans.ttf";
  private static final float GOLDEN_ANGLE = 0.618034f;

  private final Graphics2D graphics;
  private final double width;
  private final double height;
  private final List<String> categories;
  private final float unit;

  private DetectionPainter(Graphics2D graphics, BufferedImage canvas, List<String> categories)
      throws IOException {
    this.graphics = graphics;
    this.categories = categories;
    width = canvas.getWidth();
    height = canvas.getHeight();
    unit = (float) Math.max(1, Math.min(width, height) / 400);
    graphics.setFont(font(13 * unit));
    graphics.setStroke(new BasicStroke(2.5f * unit));
    graphics.setRenderingHint(RenderingHints.KEY_ANTIALIASING, RenderingHints.VALUE_ANTIALIAS_ON);
    graphics.setRenderingHint(
        RenderingHints.KEY_TEXT_ANTIALIASING, RenderingHints.VALUE_TEXT_ANTIALIAS_ON);
  }

  /**
   * Writes the picture as PNG, under a temporary name until it is complete.
   *
   * @param categories names of the labels from 1 on
   */
  static void write(
      PixelBuffer pixels, List<Detection> detections, List<String> categories, Path file)
      throws IOException {
    BufferedImage canvas = enlarge(toImage(pixels));
    Graphics2D graphics = canvas.createGraphics();
    try {
      DetectionPainter painter = new DetectionPainter(graphics, canvas, categories);
      detections.reversed().forEach(painter::box);
      detections.reversed().forEach(painter::label);
    } finally {
      graphics.dispose();
    }
    Path temporary = file.resolveSibling(file.getFileName() + ".tmp");
    if (!ImageIO.write(canvas, "png", temporary.toFile())) {
      throw new IOException(file + ": this Java has no PNG writer");
    }
    Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE);
  }

  private void box(Detection found) {
    graphics.setColor(colour(found.label()));
    graphics.draw(
        new Rectangle2D.Double(
            found.xmin() * width,
            found.ymin() * height,
            (found.xmax() - found.xmin()) * width,
            (found.ymax() - found.ymin()) * height));
  }

  private void label(Detection found) {
    String text =
        String.format(Locale.ROOT, "%s %.2f", categories.get(found.label() - 1), found.score());
    FontMetrics metrics = graphics.getFontMetrics();
    double textWidth = metrics.stringWidth(text) + 6 * unit;
    double textHeight = metrics.getHeight();
    // Above the box if there is room, else inside it; never off the picture.
    double x = Math.clamp(found.xmin() * width - unit, 0, Math.max(0, width - textWidth));
    double top = found.ymin() * height - textHeight;
    double y = top >= 0 ? top : Math.max(0, found.ymin() * height);
    Color colour = colour(found.label());
    graphics.setColor(colour);
    graphics.fill(new Rectangle2D.Double(x, y, textWidth, textHeight));
    graphics.setColor(isLight(colour) ? Color.BLACK : Color.WHITE);
    graphics.drawString(text, (float) (x + 3 * unit), (float) (y + metrics.getAscent()));
  }

  /** A colour for each class: hues a golden angle apart, so that neighbours differ. */
  private static Color colour(int label) {
    return Color.getHSBColor(label * GOLDEN_ANGLE, 0.85f, label % 2 == 0 ? 0.75f : 0.95f);
  }

  /** By relative luminance (ITU-R BT.601). */
  private static boolean isLight(Color colour) {
    return 0.299 * colour.getRed() + 0.587 * colour.getGreen() + 0.114 * colour.getBlue() > 140;
  }

  private static Font font(float size) throws IOException {
    try (InputStream file = DetectionPainter.class.getResourceAsStream(FONT)) {
      if (file == null) {
        throw new IOException("font: " + FONT + " is not on the class path; build again");
      }
      return Font.createFont(Font.TRUETYPE_FONT, file).deriveFont(size);
    } catch (FontFormatException e) {
      throw new IOException("font: " + FONT + " cannot be read", e);
    }
  }

  private static BufferedImage toImage(PixelBuffer pixels) {
    BufferedImage image =
        new BufferedImage(pixels.width(), pixels.height(), BufferedImage.TYPE_INT_RGB);
    byte[] rgb = pixels.rgb();
    for (int y = 0, at = 0; y < pixels.height(); y++) {
      for (int x = 0; x < pixels.width(); x++, at += 3) {
        image.setRGB(
            x, y, (rgb[at] & 0xFF) << 16 | (rgb[at + 1] & 0xFF) << 8 | (rgb[at + 2] & 0xFF));
      }
    }
    return image;
  }

  private static BufferedImage enlarge(BufferedImage image) {
    int longer = Math.max(image.getWidth(), image.getHeight());
    if (longer >= SMALLEST_PICTURE) {
      return image;
    }
    int factor = Math.ceilDiv(SMALLEST_PICTURE, longer);
    BufferedImage large =
        new BufferedImage(
            image.getWidth() * factor, image.getHeight() * factor, BufferedImage.TYPE_INT_RGB);
    Graphics2D graphics = large.createGraphics();
    graphics.setRenderingHint(
        RenderingHints.KEY_INTERPOLATION, RenderingHints.VALUE_INTERPOLATION_BICUBIC);
    graphics.drawImage(image, 0, 0, large.getWidth(), large.getHeight(), null);
    graphics.dispose();
    return large;
  }
}
