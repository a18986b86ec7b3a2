package dev.multibox.backend.cpu;

/**
 * Pillow's colours, to the bit: its grey, its blend, and its HSV of 8 bits, whose floats are
 * integers here. Rows are of values from 0 to 255, in place.
 */
final class PillowColour {
  private static final int BYTE = 255;
  private static final int SECTORS = 6;

  /**
   * A bit for each hue: set where Pillow's floats fall short of one that is a whole number of
   * 255ths, and drop to the one below. They depend on nothing but the hue; all 2^24 colours were
   * tried.
   */
  private static final int[] FALLS_SHORT = {
    0xFFFFFFFE, 0, 0x11000000, 0x00000111, 0x222AAAAA, 0x23232222, 0x00022222, 0
  };

  /** The largest channel of each sector; hue 255 is that of 0, in a seventh. */
  private static final int[] LARGEST = {0, 1, 1, 2, 2, 0, 0};

  /** The channel between the largest and the least. */
  private static final int[] MIDDLE = {1, 0, 2, 1, 0, 2, 1};

  private PillowColour() {}

  /** Grey by ITU-R 601-2, in 16 bits of fraction. */
  static int grey(int red, int green, int blue) {
    return (19595 * red + 38470 * green + 7471 * blue + 0x8000) >> 16;
  }

  /** {@code from + factor (value - from)}, cut off at 0 and 255, its fraction dropped. */
  static int blend(int from, int value, float factor) {
    float mixed = from + factor * (value - from);
    return mixed <= 0 ? 0 : mixed >= BYTE ? BYTE : (int) mixed;
  }

  /** Blends each pixel with its grey. */
  static void blendWithGrey(int[] rgb, int pixels, float factor) {
    for (int i = 0; i < pixels * 3; i += 3) {
      int grey = grey(rgb[i], rgb[i + 1], rgb[i + 2]);
      rgb[i] = blend(grey, rgb[i], factor);
      rgb[i + 1] = blend(grey, rgb[i + 1], factor);
      rgb[i + 2] = blend(grey, rgb[i + 2], factor);
    }
  }

  /** Moves each hue by {@code steps}, modulo 256. */
  static void turn(int[] rgb, int pixels, int steps) {
    for (int i = 0; i < pixels * 3; i += 3) {
      int r = rgb[i];
      int g = rgb[i + 1];
      int b = rgb[i + 2];
      int max = Math.max(r, Math.max(g, b));
      int chroma = max - Math.min(r, Math.min(g, b));
      // Black too: it has no saturation, and its divisor is of no matter.
      int saturation = chroma * BYTE / Math.max(1, max);
      if (saturation == 0) {
        rgb[i] = max;
        rgb[i + 1] = max;
        rgb[i + 2] = max;
        continue;
      }
      int sixths = max == r ? g - b : max == g ? 2 * chroma + b - r : 4 * chroma + r - g;
      int hue = hue(sixths < 0 ? sixths + SECTORS * chroma : sixths, chroma) + steps & BYTE;
      write(hue, saturation, max, rgb, i);
    }
  }

  /** The 255ths in {@code sixths / chroma} sixths of the circle. */
  private static int hue(int sixths, int chroma) {
    int whole = sixths * BYTE / (SECTORS * chroma);
    boolean isExact = sixths * BYTE == whole * SECTORS * chroma;
    return isExact ? whole - (FALLS_SHORT[whole >> 5] >>> whole & 1) : whole;
  }

  /** The textbook's six sectors; {@code within} is the way through one, in 255ths. */
  private static void write(int hue, int saturation, int value, int[] rgb, int at) {
    int sector = hue * SECTORS / BYTE;
    int within = hue * SECTORS - sector * BYTE;
    int low = parts(value, BYTE * saturation);
    int falling = parts(value, saturation * within);
    int rising = parts(value, saturation * (BYTE - within));
    rgb[at] = low;
    rgb[at + 1] = low;
    rgb[at + 2] = low;
    rgb[at + MIDDLE[sector]] = sector % 2 == 1 ? falling : rising;
    rgb[at + LARGEST[sector]] = value;
  }

  /** {@code value (1 - lost / 255^2)}, rounded; no half occurs, as the divisor is odd. */
  private static int parts(int value, int lost) {
    int square = BYTE * BYTE;
    return (2 * value * (square - lost) + square) / (2 * square);
  }
}
