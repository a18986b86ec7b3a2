package dev.multibox.picture;

import dev.multibox.box.Box;
import java.awt.Color;
import java.awt.Font;
import java.awt.Graphics2D;
import java.awt.font.TextLayout;
import java.awt.geom.Rectangle2D;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.util.List;

/** Lays pictures side by side on one, each with a caption, below a title and a legend. */
public final class ContactSheet {
  /** The longer side of a picture that lies on a sheet unscaled. */
  public static final int CELL = 360;

  private static final int GAP = 16;
  private static final int CAPTION = 24;
  private static final int HEADER = 64;
  private static final int SAMPLE = 34;

  private static final Color PAPER = new Color(0xFAFAFA);
  private static final Color TEXT = new Color(0x222222);
  private static final Color FAINT = new Color(0x666666);

  /** A picture and the line below it. */
  public record Tile(Picture picture, String caption) {}

  /** What a kind of outline stands for. */
  public record Key(Mark.Outline outline, String meaning) {}

  private ContactSheet() {}

  /**
   * Lays out a sheet.
   *
   * @param tiles one at least, in rows from left to right
   * @param legend what the outlines on the pictures stand for
   * @throws IOException if this Java cannot draw text
   */
  public static Picture of(String title, List<Key> legend, List<Tile> tiles) throws IOException {
    int columns = columns(tiles.size());
    int rows = Math.ceilDiv(tiles.size(), columns);
    int cellWidth = tiles.stream().mapToInt(tile -> tile.picture().width()).max().orElseThrow();
    int cellHeight = tiles.stream().mapToInt(tile -> tile.picture().height()).max().orElseThrow();
    BufferedImage canvas =
        new BufferedImage(
            GAP + columns * (cellWidth + GAP),
            HEADER + rows * (cellHeight + CAPTION + GAP),
            BufferedImage.TYPE_INT_RGB);
    Graphics2D graphics = canvas.createGraphics();
    try {
      MarkPainter.smooth(graphics);
      graphics.setColor(PAPER);
      graphics.fillRect(0, 0, canvas.getWidth(), canvas.getHeight());
      header(graphics, title, legend, canvas.getWidth());
      for (int i = 0; i < tiles.size(); i++) {
        int x = GAP + i % columns * (cellWidth + GAP);
        int y = HEADER + Math.floorDiv(i, columns) * (cellHeight + CAPTION + GAP);
        tile(graphics, tiles.get(i), x, y, cellWidth, cellHeight);
      }
    } finally {
      graphics.dispose();
    }
    return Picture.of(canvas);
  }

  /** Somewhat wider than high, as screens are. */
  private static int columns(int tiles) {
    return (int) Math.ceil(Math.sqrt(1.6 * tiles));
  }

  private static void header(Graphics2D graphics, String title, List<Key> legend, int width)
      throws IOException {
    graphics.setColor(TEXT);
    text(graphics, title, Lettering.bold(16), GAP, 26, width - 2 * GAP);
    double x = GAP;
    for (Key key : legend) {
      sample(graphics, key.outline(), x);
      graphics.setColor(FAINT);
      x += SAMPLE + 8;
      x += text(graphics, key.meaning(), Lettering.plain(13), x, 50, width - x) + 28;
    }
  }

  /** A small box drawn as on the pictures. */
  private static void sample(Graphics2D graphics, Mark.Outline outline, double x)
      throws IOException {
    Rectangle2D box = new Rectangle2D.Double(x, 38, SAMPLE, 16);
    Mark mark = new Mark(new Box(0, 0, 1, 1), 1, "", "", outline);
    new MarkPainter(graphics, box, box, 1).draw(List.of(mark));
  }

  private static void tile(
      Graphics2D graphics, Tile tile, int x, int y, int cellWidth, int cellHeight)
      throws IOException {
    BufferedImage picture = tile.picture().canvas();
    int left = x + Math.floorDiv(cellWidth - picture.getWidth(), 2);
    graphics.drawImage(picture, left, y + cellHeight - picture.getHeight(), null);
    graphics.setColor(FAINT);
    text(graphics, tile.caption(), Lettering.plain(12), x, y + cellHeight + 16, cellWidth);
  }

  /** Draws a line of text, cut off at {@code widest}, and returns its width. */
  private static double text(
      Graphics2D graphics, String text, Font font, double x, double y, double widest)
      throws IOException {
    if (text.isEmpty()) {
      return 0;
    }
    TextLayout line = Lettering.line(text, font, graphics.getFontRenderContext());
    for (int end = text.length() - 1; line.getAdvance() > widest && end > 0; end--) {
      line = Lettering.line(text.substring(0, end) + "…", font, graphics.getFontRenderContext());
    }
    line.draw(graphics, (float) x, (float) y);
    return line.getAdvance();
  }
}
