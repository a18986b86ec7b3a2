package dev.multibox.picture;

import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Font;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.font.FontRenderContext;
import java.awt.font.TextLayout;
import java.awt.geom.Rectangle2D;
import java.awt.geom.RoundRectangle2D;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * Draws marks so that they can be seen on any image: each line has an edge of black or white,
 * whichever its colour is not, and names stand on a filled label in ink of enough contrast.
 */
final class MarkPainter {
  private static final float FONT_SIZE = 13;
  private static final float LINE = 2.4f;
  private static final float EDGE = 1;
  private static final float DASHED_LINE = 2;
  private static final float DASHED_EDGE = 0.6f;
  private static final float[] DASHES = {5, 3};
  private static final float PADDING = 4;
  private static final float CORNER = 4;

  /** A label as wide as this is never shortened while the picture has the room. */
  private static final float WIDE_LABEL = 160;

  private static final int EDGE_ALPHA = 190;
  private static final String ELLIPSIS = "…";

  private final Graphics2D graphics;
  private final FontRenderContext context;
  private final Rectangle2D area;
  private final Rectangle2D image;
  private final float unit;

  /** What a label says, as it is drawn, with the room around it. */
  private record Text(TextLayout line, double padding) {
    double width() {
      return line.getAdvance() + 2 * padding;
    }

    double height() {
      return line.getAscent() + line.getDescent();
    }
  }

  private record Label(Text text, Rectangle2D place, Color colour) {}

  /**
   * Paints on the part {@code area} of a picture.
   *
   * @param image the part of the area that the marks' coordinates refer to
   * @param unit what lines and letters are scaled by; 1 for a picture looked at pixel by pixel
   */
  MarkPainter(Graphics2D graphics, Rectangle2D area, Rectangle2D image, float unit) {
    this.graphics = graphics;
    this.area = area;
    this.image = image;
    this.unit = unit;
    smooth(graphics);
    context = graphics.getFontRenderContext();
  }

  /** Asks for smooth lines and letters. */
  static void smooth(Graphics2D graphics) {
    graphics.setRenderingHint(RenderingHints.KEY_ANTIALIASING, RenderingHints.VALUE_ANTIALIAS_ON);
    graphics.setRenderingHint(
        RenderingHints.KEY_TEXT_ANTIALIASING, RenderingHints.VALUE_TEXT_ANTIALIAS_ON);
    graphics.setRenderingHint(
        RenderingHints.KEY_FRACTIONALMETRICS, RenderingHints.VALUE_FRACTIONALMETRICS_ON);
    graphics.setRenderingHint(RenderingHints.KEY_STROKE_CONTROL, RenderingHints.VALUE_STROKE_PURE);
  }

  /** Draws marks, the first on top of the others, and over all boxes their labels. */
  void draw(List<Mark> marks) throws IOException {
    for (Mark mark : marks.reversed()) {
      outline(mark);
    }
    for (Label label : labels(marks).reversed()) {
      draw(label);
    }
  }

  private void outline(Mark mark) {
    Color colour = Palette.of(mark.label());
    switch (mark.outline()) {
      case SOLID -> {
        line(visible(mark), edge(colour), stroke(LINE + 2 * EDGE));
        line(visible(mark), colour, stroke(LINE));
      }
      case DASHED -> {
        line(onPicture(mark), edge(colour), dashes(DASHED_LINE + 2 * DASHED_EDGE));
        line(onPicture(mark), colour, dashes(DASHED_LINE));
      }
    }
  }

  private void line(Rectangle2D box, Color colour, BasicStroke stroke) {
    graphics.setColor(colour);
    graphics.setStroke(stroke);
    graphics.draw(box);
  }

  private BasicStroke stroke(float width) {
    return new BasicStroke(width * unit, BasicStroke.CAP_BUTT, BasicStroke.JOIN_MITER);
  }

  private BasicStroke dashes(float width) {
    float[] lengths = {DASHES[0] * unit, DASHES[1] * unit};
    return new BasicStroke(
        width * unit, BasicStroke.CAP_BUTT, BasicStroke.JOIN_MITER, 10, lengths, 0);
  }

  private static Color edge(Color colour) {
    Color ink = Palette.ink(colour);
    return new Color(ink.getRed(), ink.getGreen(), ink.getBlue(), EDGE_ALPHA);
  }

  private Rectangle2D onPicture(Mark mark) {
    return new Rectangle2D.Double(
        image.getX() + mark.box().xmin() * image.getWidth(),
        image.getY() + mark.box().ymin() * image.getHeight(),
        mark.box().width() * image.getWidth(),
        mark.box().height() * image.getHeight());
  }

  /** The part of a box on the image, drawn in by its line where it reaches the image's edge. */
  private Rectangle2D visible(Mark mark) {
    double inset =
        Math.min((LINE / 2 + EDGE) * unit, Math.min(image.getWidth(), image.getHeight()) / 2);
    Rectangle2D box = onPicture(mark);
    double left = Math.clamp(box.getMinX(), image.getMinX() + inset, image.getMaxX() - inset);
    double top = Math.clamp(box.getMinY(), image.getMinY() + inset, image.getMaxY() - inset);
    double right = Math.clamp(box.getMaxX(), image.getMinX() + inset, image.getMaxX() - inset);
    double bottom = Math.clamp(box.getMaxY(), image.getMinY() + inset, image.getMaxY() - inset);
    return new Rectangle2D.Double(left, top, right - left, bottom - top);
  }

  /** Where every label goes; the first choose first. */
  private List<Label> labels(List<Mark> marks) throws IOException {
    List<Mark> named = marks.stream().filter(Mark::hasText).toList();
    List<Rectangle2D> boxes = named.stream().map(this::outside).toList();
    LabelLayout layout = new LabelLayout(area, boxes);
    List<Label> labels = new ArrayList<>();
    for (int i = 0; i < named.size(); i++) {
      Mark mark = named.get(i);
      Text text = fit(mark);
      Rectangle2D place = layout.place(boxes.get(i), text.width(), text.height());
      labels.add(new Label(text, place, Palette.of(mark.label())));
    }
    return labels;
  }

  /** A box with its whole line. */
  private Rectangle2D outside(Mark mark) {
    double half = LINE / 2 * unit;
    Rectangle2D box = visible(mark);
    return new Rectangle2D.Double(
        box.getX() - half,
        box.getY() - half,
        box.getWidth() + 2 * half,
        box.getHeight() + 2 * half);
  }

  /**
   * The text of a label: a name of more than its share of the picture's width loses its end, then
   * letters that do not fit the picture get smaller.
   */
  private Text fit(Mark mark) throws IOException {
    double widest = Math.min(area.getWidth(), Math.max(area.getWidth() / 3, WIDE_LABEL * unit));
    int[] name = mark.name().codePoints().toArray();
    String text = join(mark.name(), mark.detail());
    for (int kept = name.length - 1; kept > 0 && text(text, 1).width() > widest; kept--) {
      text = join(new String(name, 0, kept).stripTrailing() + ELLIPSIS, mark.detail());
    }
    Text whole = text(text, 1);
    double scale = Math.min(area.getWidth() / whole.width(), area.getHeight() / whole.height());
    return scale < 1 ? text(text, scale) : whole;
  }

  private static String join(String name, String detail) {
    return name.isEmpty() || detail.isEmpty() ? name + detail : name + " " + detail;
  }

  private Text text(String text, double scale) throws IOException {
    Font font = Lettering.bold((float) (FONT_SIZE * unit * scale));
    return new Text(Lettering.line(text, font, context), PADDING * unit * scale);
  }

  private void draw(Label label) {
    Rectangle2D place = label.place();
    double corner = CORNER * unit;
    graphics.setColor(label.colour());
    graphics.fill(
        new RoundRectangle2D.Double(
            place.getX(), place.getY(), place.getWidth(), place.getHeight(), corner, corner));
    graphics.setColor(Palette.ink(label.colour()));
    TextLayout line = label.text().line();
    line.draw(
        graphics,
        (float) (place.getX() + label.text().padding()),
        (float) (place.getY() + line.getAscent()));
  }
}
