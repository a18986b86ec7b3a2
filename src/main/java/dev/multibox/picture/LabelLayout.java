package dev.multibox.picture;

import java.awt.geom.Rectangle2D;
import java.util.ArrayList;
import java.util.List;

/**
 * Finds places for labels at their boxes, one after the other: inside of the picture, if possible
 * not over a label that is already there, and else where they cover least.
 */
final class LabelLayout {
  // What a covered pixel costs: of a label far more than of a box, of another's box more than of
  // the label's own.
  private static final double LABEL_COST = 10;
  private static final double BOX_COST = 1;
  private static final double OWN_BOX_COST = 0.4;

  /** What decides between places that are equally free: the earlier in the list. */
  private static final double RANK_COST = 0.02;

  private final Rectangle2D picture;
  private final List<Rectangle2D> boxes;
  private final List<Rectangle2D> labels = new ArrayList<>();

  /** Places labels inside of {@code picture}, at some of {@code boxes}. */
  LabelLayout(Rectangle2D picture, List<Rectangle2D> boxes) {
    this.picture = picture;
    this.boxes = List.copyOf(boxes);
  }

  /** Takes the best place for a label of this size at one of the boxes. */
  Rectangle2D place(Rectangle2D box, double width, double height) {
    List<Rectangle2D> places = places(box, width, height);
    Rectangle2D best = places.getFirst();
    double lowest = Double.POSITIVE_INFINITY;
    for (int i = 0; i < places.size(); i++) {
      double cost = cost(places.get(i), box) / (width * height) + RANK_COST * i;
      if (cost < lowest) {
        best = places.get(i);
        lowest = cost;
      }
    }
    labels.add(best);
    return best;
  }

  /** Above, below, inside at the top, inside at the bottom, beside; left and right each. */
  private List<Rectangle2D> places(Rectangle2D box, double width, double height) {
    double left = box.getMinX();
    double right = box.getMaxX() - width;
    double above = box.getMinY() - height;
    double below = box.getMaxY();
    double top = box.getMinY();
    double bottom = box.getMaxY() - height;
    double[][] corners = {
      {left, above},
      {right, above},
      {left, top},
      {left, below},
      {right, below},
      {right, top},
      {left, bottom},
      {right, bottom},
      {box.getMaxX(), top},
      {left - width, top},
      {box.getMaxX(), bottom},
      {left - width, bottom},
    };
    List<Rectangle2D> places = new ArrayList<>();
    for (double[] corner : corners) {
      double x = within(corner[0], picture.getMinX(), picture.getMaxX() - width);
      double y = within(corner[1], picture.getMinY(), picture.getMaxY() - height);
      places.add(new Rectangle2D.Double(x, y, width, height));
    }
    return places;
  }

  /** {@code value} between both limits; the lower one where there is no room between them. */
  private static double within(double value, double low, double high) {
    return Math.max(low, Math.min(value, high));
  }

  private double cost(Rectangle2D label, Rectangle2D own) {
    double cost = OWN_BOX_COST * overlap(label, own);
    for (Rectangle2D other : labels) {
      cost += LABEL_COST * overlap(label, other);
    }
    for (Rectangle2D other : boxes) {
      if (!other.equals(own)) {
        cost += BOX_COST * overlap(label, other);
      }
    }
    return cost;
  }

  private static double overlap(Rectangle2D one, Rectangle2D other) {
    Rectangle2D both = one.createIntersection(other);
    return both.isEmpty() ? 0 : both.getWidth() * both.getHeight();
  }
}
