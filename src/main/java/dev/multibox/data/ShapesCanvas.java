package dev.multibox.data;

import java.util.random.RandomGenerator;

/**
 * The picture the shapes are drawn on, in plain double arithmetic, so that every machine draws the
 * same bytes: no fonts, no graphics library, no library function that may differ in its last bit.
 */
final class ShapesCanvas {
  /** Samples along each side of a pixel; a pixel's coverage is the share of samples inside. */
  private static final int SUPERSAMPLES = 4;

  /** A pixel belongs to a shape from this share on. */
  private static final double OWNED = 0.5;

  private final int width;
  private final int height;
  private final double[] rgb; // [height, width, 3] in 0 to 255

  ShapesCanvas(int width, int height) {
    this.width = width;
    this.height = height;
    this.rgb = new double[width * height * 3];
  }

  /** A shape in place: {@code cos} and {@code sin} of its turn, centre and radius in pixels. */
  record Placement(ShapeKind kind, double cx, double cy, double radius, double cos, double sin) {
    boolean contains(double x, double y) {
      double u = (x - cx) / radius;
      double v = (y - cy) / radius;
      return kind.contains(cos * u + sin * v, cos * v - sin * u);
    }

    /** The same shape, smaller by {@code factor} about its centre. */
    Placement shrunk(double factor) {
      return new Placement(kind, cx, cy, radius * factor, cos, sin);
    }
  }

  /** How much of each pixel a shape covers, 0 to 1, over a square that holds the shape. */
  static final class Mask {
    private final int left;
    private final int top;
    private final int side;
    private final double[] covered; // [side, side]

    Mask(Placement shape) {
      left = (int) Math.floor(shape.cx - shape.radius);
      top = (int) Math.floor(shape.cy - shape.radius);
      side = (int) Math.ceil(2 * shape.radius) + 2;
      covered = new double[side * side];
      boolean[] corners = new boolean[(side + 1) * (side + 1)];
      for (int i = 0; i < corners.length; i++) {
        corners[i] = shape.contains(left + i % (side + 1), top + Math.floorDiv(i, side + 1));
      }
      for (int y = 0; y < side; y++) {
        for (int x = 0; x < side; x++) {
          covered[y * side + x] = coverage(shape, corners, x, y);
        }
      }
    }

    // A pixel whose corners agree lies wholly inside or outside; only the outline's are sampled.
    private double coverage(Placement shape, boolean[] corners, int x, int y) {
      int above = y * (side + 1) + x;
      int below = above + side + 1;
      boolean first = corners[above];
      if (first == corners[above + 1] && first == corners[below] && first == corners[below + 1]) {
        return first ? 1 : 0;
      }
      int inside = 0;
      for (int i = 0; i < SUPERSAMPLES * SUPERSAMPLES; i++) {
        double dx = (i % SUPERSAMPLES + 0.5) / SUPERSAMPLES;
        double dy = (Math.floorDiv(i, SUPERSAMPLES) + 0.5) / SUPERSAMPLES;
        inside += shape.contains(left + x + dx, top + y + dy) ? 1 : 0;
      }
      return (double) inside / (SUPERSAMPLES * SUPERSAMPLES);
    }

    /** The coverage of the picture's pixel {@code (x, y)}. */
    double at(int x, int y) {
      int column = x - left;
      int row = y - top;
      boolean isHeld = column >= 0 && row >= 0 && column < side && row < side;
      return isHeld ? covered[row * side + column] : 0;
    }

    /** The tight box of the pixels that belong to the shape, before anything is drawn over it. */
    PixelBox box() {
      int minX = side;
      int minY = side;
      int maxX = -1;
      int maxY = -1;
      for (int y = 0; y < side; y++) {
        for (int x = 0; x < side; x++) {
          if (covered[y * side + x] >= OWNED) {
            minX = Math.min(minX, x);
            minY = Math.min(minY, y);
            maxX = Math.max(maxX, x);
            maxY = Math.max(maxY, y);
          }
        }
      }
      return new PixelBox(left + minX, top + minY, left + maxX + 1, top + maxY + 1);
    }
  }

  /** A rectangle of whole pixels, right and bottom exclusive. */
  record PixelBox(int left, int top, int right, int bottom) {
    int width() {
      return right - left;
    }

    int height() {
      return bottom - top;
    }

    /** The share of the smaller box that the other covers. */
    double overlap(PixelBox other) {
      int w = Math.min(right, other.right) - Math.max(left, other.left);
      int h = Math.min(bottom, other.bottom) - Math.max(top, other.top);
      double smaller = Math.min(width() * height(), other.width() * other.height());
      return w <= 0 || h <= 0 ? 0 : w * h / smaller;
    }
  }

  /** The mean colour inside a box. */
  Colour mean(PixelBox box) {
    double[] sum = new double[3];
    for (int y = box.top(); y < box.bottom(); y++) {
      for (int x = box.left(); x < box.right(); x++) {
        for (int c = 0; c < 3; c++) {
          sum[c] += rgb[(y * width + x) * 3 + c];
        }
      }
    }
    double pixels = box.width() * box.height();
    return new Colour(sum[0] / pixels, sum[1] / pixels, sum[2] / pixels);
  }

  /** How a shape is coloured. */
  record Paint(Colour fill, Colour border, double borderWidth, double shadeX, double shadeY) {}

  /** Draws a shape over what is there, its edges blended by coverage. */
  void draw(Placement shape, Mask mask, Paint paint) {
    Mask inner = paint.borderWidth == 0 ? mask : new Mask(shape.shrunk(1 - paint.borderWidth));
    for (int y = Math.max(0, mask.top); y < Math.min(height, mask.top + mask.side); y++) {
      for (int x = Math.max(0, mask.left); x < Math.min(width, mask.left + mask.side); x++) {
        double covered = mask.at(x, y);
        if (covered > 0) {
          double filled = inner.at(x, y);
          double shade =
              (paint.shadeX * (x + 0.5 - shape.cx) + paint.shadeY * (y + 0.5 - shape.cy))
                  / shape.radius;
          for (int c = 0; c < 3; c++) {
            int at = (y * width + x) * 3 + c;
            rgb[at] =
                (1 - covered) * rgb[at]
                    + (covered - filled) * paint.border.channel(c)
                    + filled * (paint.fill.channel(c) + shade);
          }
        }
      }
    }
  }

  /** Fills the picture with one of six textures between two colours. */
  void texture(RandomGenerator random, Colour from, Colour to) {
    int kind = random.nextInt(6);
    long noise = random.nextLong();
    double angle = between(random, 0, 2 * Math.PI);
    double cos = StrictMath.cos(angle);
    double sin = StrictMath.sin(angle);
    double period = between(random, 6, 30);
    double cx = between(random, 0, width);
    double cy = between(random, 0, height);
    double diagonal = Math.sqrt((double) width * width + (double) height * height);
    for (int y = 0; y < height; y++) {
      for (int x = 0; x < width; x++) {
        double u = cos * (x - cx) + sin * (y - cy);
        double v = cos * (y - cy) - sin * (x - cx);
        double mix =
            switch (kind) {
              case 0 -> 0.5 + u / diagonal;
              case 1 -> Math.sqrt((x - cx) * (x - cx) + (y - cy) * (y - cy)) / diagonal;
              case 2 -> wave(u / period);
              case 3 -> Math.round(wave(u / period)) == Math.round(wave(v / period)) ? 1 : 0;
              case 4 -> valueNoise(noise, x / period, y / period);
              default ->
                  0.6 * valueNoise(noise, x / period, y / period)
                      + 0.4 * valueNoise(noise + 1, 4 * x / period, 4 * y / period);
            };
        double share = Math.clamp(mix, 0, 1);
        for (int c = 0; c < 3; c++) {
          rgb[(y * width + x) * 3 + c] =
              from.channel(c) + share * (to.channel(c) - from.channel(c));
        }
      }
    }
  }

  /** A straight line of the width of two pixels or so: clutter that is no shape. */
  void line(double fromX, double fromY, double toX, double toY, Colour colour) {
    double dx = toX - fromX;
    double dy = toY - fromY;
    double squared = Math.max(1, dx * dx + dy * dy);
    for (int y = 0; y < height; y++) {
      for (int x = 0; x < width; x++) {
        double px = x + 0.5 - fromX;
        double py = y + 0.5 - fromY;
        double along = Math.clamp((px * dx + py * dy) / squared, 0, 1);
        double ex = px - along * dx;
        double ey = py - along * dy;
        double covered = Math.clamp(1.4 - Math.sqrt(ex * ex + ey * ey), 0, 1);
        for (int c = 0; c < 3; c++) {
          int at = (y * width + x) * 3 + c;
          rgb[at] += covered * (colour.channel(c) - rgb[at]);
        }
      }
    }
  }

  /** The picture, each value off by up to {@code grain}. */
  PixelBuffer pixels(RandomGenerator random, double grain) {
    byte[] bytes = new byte[rgb.length];
    long bits = 0;
    for (int i = 0; i < bytes.length; i++) {
      bits = i % 4 == 0 ? random.nextLong() : bits >>> 16; // four values from each draw
      double noise = grain * ((bits & 0xFFFF) * 0x1p-15 - 1);
      bytes[i] = (byte) Math.clamp(Math.round(rgb[i] + noise), 0, 255);
    }
    return new PixelBuffer(width, height, bytes);
  }

  /** Uniform in {@code [low, high)}; the JDK's bounded draw may change between releases. */
  static double between(RandomGenerator random, double low, double high) {
    return low + random.nextDouble() * (high - low);
  }

  /** A triangle wave in 0 to 1 with period 1. */
  private static double wave(double t) {
    return Math.abs(2 * (t - Math.floor(t)) - 1);
  }

  /** Smoothly blended pseudorandom values at the points of the integer lattice, 0 to 1. */
  private static double valueNoise(long seed, double x, double y) {
    double x0 = Math.floor(x);
    double y0 = Math.floor(y);
    double u = (x - x0) * (x - x0) * (3 - 2 * (x - x0));
    double v = (y - y0) * (y - y0) * (3 - 2 * (y - y0));
    double top = lattice(seed, x0, y0) * (1 - u) + lattice(seed, x0 + 1, y0) * u;
    double bottom = lattice(seed, x0, y0 + 1) * (1 - u) + lattice(seed, x0 + 1, y0 + 1) * u;
    return top * (1 - v) + bottom * v;
  }

  private static double lattice(long seed, double x, double y) {
    long column = 0x9E3779B97F4A7C15L * (long) x;
    long row = 0x632BE59BD9B4E019L * (long) y;
    long hash = SampleRandom.mix(seed + column + row);
    return (hash >>> 11) * 0x1p-53;
  }
}
