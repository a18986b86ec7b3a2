package dev.multibox.data;

import java.util.Locale;

/** The categories of the shapes data set, each inside the unit circle and told by its outline. */
enum ShapeKind {
  CIRCLE {
    @Override
    boolean contains(double x, double y) {
      return x * x + y * y <= 1;
    }
  },
  CROSS {
    @Override
    boolean contains(double x, double y) {
      double longer = Math.max(Math.abs(x), Math.abs(y));
      return longer <= 0.94 && Math.min(Math.abs(x), Math.abs(y)) <= 0.3;
    }
  },
  RING {
    @Override
    boolean contains(double x, double y) {
      double squared = x * x + y * y;
      return squared <= 1 && squared >= 0.6 * 0.6;
    }
  },
  SQUARE {
    @Override
    boolean contains(double x, double y) {
      return Math.max(Math.abs(x), Math.abs(y)) <= 0.7;
    }
  },
  STAR {
    @Override
    boolean contains(double x, double y) {
      return insidePolygon(STAR_X, STAR_Y, x, y);
    }
  },
  TRIANGLE {
    @Override
    boolean contains(double x, double y) {
      return insidePolygon(TRIANGLE_X, TRIANGLE_Y, x, y);
    }
  };

  private static final double[] STAR_X = corners(10, 0.45, true);
  private static final double[] STAR_Y = corners(10, 0.45, false);
  private static final double[] TRIANGLE_X = corners(3, 1, true);
  private static final double[] TRIANGLE_Y = corners(3, 1, false);

  /** Whether the shape covers a point; the shape does not reach beyond the unit circle. */
  abstract boolean contains(double x, double y);

  /** The name in annotations. */
  String category() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** Whether shrinking the shape towards its centre leaves a border all round. */
  boolean hasBorder() {
    return this != RING;
  }

  // Every second corner lies at the inner radius. StrictMath gives every machine the same bits.
  private static double[] corners(int count, double inner, boolean isX) {
    double[] corners = new double[count];
    for (int i = 0; i < count; i++) {
      double angle = 2 * Math.PI * i / count;
      double radius = i % 2 == 1 && count % 2 == 0 ? inner : 1;
      corners[i] = radius * (isX ? StrictMath.sin(angle) : -StrictMath.cos(angle));
    }
    return corners;
  }

  /** Even-odd rule: a ray to the right crosses the outline an odd number of times. */
  private static boolean insidePolygon(double[] xs, double[] ys, double x, double y) {
    boolean inside = false;
    for (int i = 0, j = xs.length - 1; i < xs.length; j = i++) {
      if (ys[i] > y != ys[j] > y && x < (xs[j] - xs[i]) * (y - ys[i]) / (ys[j] - ys[i]) + xs[i]) {
        inside = !inside;
      }
    }
    return inside;
  }
}
