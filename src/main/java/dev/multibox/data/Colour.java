package dev.multibox.data;

import static dev.multibox.data.ShapesCanvas.between;

import java.util.random.RandomGenerator;

/** A colour in 0 to 255, as the shapes data set is drawn with. */
record Colour(double red, double green, double blue) {
  static Colour random(RandomGenerator random) {
    return new Colour(between(random, 0, 255), between(random, 0, 255), between(random, 0, 255));
  }

  /** Channel 0 is red, 1 green, 2 blue. */
  double channel(int c) {
    return c == 0 ? red : c == 1 ? green : blue;
  }

  Colour plus(double r, double g, double b) {
    return new Colour(
        Math.clamp(red + r, 0, 255), Math.clamp(green + g, 0, 255), Math.clamp(blue + b, 0, 255));
  }

  Colour times(double factor) {
    return new Colour(0, 0, 0).plus(red * factor, green * factor, blue * factor);
  }

  double distance(Colour other) {
    double r = red - other.red;
    double g = green - other.green;
    double b = blue - other.blue;
    return Math.sqrt(r * r + g * g + b * b);
  }
}
