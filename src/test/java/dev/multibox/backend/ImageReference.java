package dev.multibox.backend;

import dev.multibox.backend.ImagePlan.Canvas;
import dev.multibox.backend.ImagePlan.Crop;
import dev.multibox.backend.ImagePlan.Resize;
import java.util.Arrays;
import java.util.List;

/** What {@link ImageKernels#prepare} shall compute, pixel by pixel in doubles. */
final class ImageReference {
  private ImageReference() {}

  /** The input {@code [size, size, 3]} of an image {@code rgb [height, width, 3]}, 0 to 255. */
  static double[] prepare(
      int[] rgb, int width, ImagePlan plan, Normalisation normal, int outWidth, int outHeight) {
    int[] coloured = rgb.clone();
    distort(coloured, plan.colourSteps());
    double[] crop = crop(coloured, width, plan.canvas(), plan.crop(), normal);
    double[] out = new double[outWidth * outHeight * 3]; // 0 to 255
    for (int y = 0; y < outHeight; y++) {
      double[] down = weights(plan.resize(), plan.crop().height(), outHeight, y);
      for (int x = 0; x < outWidth; x++) {
        double[] across = weights(plan.resize(), plan.crop().width(), outWidth, x);
        int at = (y * outWidth + (plan.flipped() ? outWidth - 1 - x : x)) * 3;
        for (int c = 0; c < 3; c++) {
          double value = 0;
          for (int v = 0; v < down.length; v++) {
            for (int u = 0; u < across.length; u++) {
              value += down[v] * across[u] * crop[(v * across.length + u) * 3 + c];
            }
          }
          out[at + c] = Math.clamp(value, 0, 255);
        }
      }
    }
    if (!plan.lateSteps().isEmpty()) {
      int[] late = Arrays.stream(out).mapToInt(ImageReference::eightBits).toArray();
      distort(late, plan.lateSteps());
      Arrays.setAll(out, i -> late[i]);
    }
    return normalised(out, normal);
  }

  private static double[] normalised(double[] rgb, Normalisation normal) {
    double[] out = new double[rgb.length];
    for (int i = 0; i < rgb.length; i++) {
      int c = i % 3;
      int target = normal.order() == Normalisation.ChannelOrder.RGB ? c : 2 - c;
      out[i - c + target] = (rgb[i] - mean(normal, c)) * scale(normal, c);
    }
    return out;
  }

  private static void distort(int[] rgb, List<ColourStep> steps) {
    for (ColourStep step : steps) {
      double mean = 0;
      for (int i = 0; i < rgb.length; i += 3) {
        mean += Math.floor(grey(rgb, i) + 0.5) / rgb.length * 3;
      }
      for (int i = 0; i < rgb.length; i += 3) {
        distort(rgb, i, step, Math.floor(mean + 0.5));
      }
    }
  }

  /** ITU-R 601-2. */
  private static double grey(int[] rgb, int at) {
    return 0.299 * rgb[at] + 0.587 * rgb[at + 1] + 0.114 * rgb[at + 2];
  }

  private static double[] crop(
      int[] rgb, int width, Canvas canvas, Crop crop, Normalisation normal) {
    double[] pixels = new double[crop.width() * crop.height() * 3];
    int height = rgb.length / 3 / width;
    for (int y = 0; y < crop.height(); y++) {
      for (int x = 0; x < crop.width(); x++) {
        int u = crop.left() + x - canvas.left();
        int v = crop.top() + y - canvas.top();
        boolean isInside = u >= 0 && v >= 0 && u < width && v < height;
        for (int c = 0; c < 3; c++) {
          pixels[(y * crop.width() + x) * 3 + c] =
              isInside ? rgb[(v * width + u) * 3 + c] : mean(normal, c);
        }
      }
    }
    return pixels;
  }

  /** What each of {@code in} inputs gives to output {@code i} of {@code out}. */
  private static double[] weights(Resize resize, int in, int out, int i) {
    double[] weights = new double[in];
    double scale = (double) in / out;
    double centre = (i + 0.5) * scale;
    switch (resize) {
      case NEAREST -> weights[(int) (i * scale)] = 1;
      case BILINEAR -> add(weights, centre, 1, 1);
      case BICUBIC -> add(weights, centre, 2, 2);
      case LANCZOS4 -> add(weights, centre, 4, 4);
      case BILINEAR_ANTIALIAS -> {
        for (int k = 0; k < in; k++) {
          weights[k] = Math.max(0, 1 - Math.abs(k + 0.5 - centre) / Math.max(1, scale));
        }
      }
      case AREA -> {
        if (scale <= 1) {
          return weights(Resize.BILINEAR, in, out, i);
        }
        for (int k = 0; k < in; k++) {
          double covered = Math.min(k + 1, (i + 1) * scale) - Math.max(k, i * scale);
          weights[k] = Math.max(0, covered);
        }
      }
    }
    double sum = Arrays.stream(weights).sum();
    return Arrays.stream(weights).map(w -> w / sum).toArray();
  }

  private static void add(double[] weights, double centre, int radius, int kernel) {
    int first = (int) Math.floor(centre - 0.5) - radius + 1;
    for (int k = first; k < first + 2 * radius; k++) {
      double d = Math.abs(k + 0.5 - centre);
      double value =
          switch (kernel) {
            case 1 -> 1 - d;
            case 2 ->
                d < 1
                    ? 1.25 * d * d * d - 2.25 * d * d + 1
                    : -0.75 * d * d * d + 3.75 * d * d - 6 * d + 3;
            default -> d == 0 ? 1 : sinc(d) * sinc(d / 4);
          };
      weights[Math.clamp(k, 0, weights.length - 1)] += value;
    }
  }

  private static double sinc(double d) {
    return Math.sin(Math.PI * d) / (Math.PI * d);
  }

  private static void distort(int[] rgb, int at, ColourStep step, double mean) {
    double[] hsv = toHsv(rgb[at], rgb[at + 1], rgb[at + 2]);
    switch (step) {
      case ColourStep.Brightness(float delta) -> {
        for (int c = at; c < at + 3; c++) {
          rgb[c] = eightBits(rgb[c] + delta);
        }
      }
      case ColourStep.Contrast(float factor) -> {
        for (int c = at; c < at + 3; c++) {
          rgb[c] = eightBits(rgb[c] * factor);
        }
      }
      case ColourStep.Saturation(float factor) ->
          fromHsv(hsv[0], Math.min(1, hsv[1] * factor), hsv[2], rgb, at);
      case ColourStep.Hue(float degrees) -> fromHsv(hsv[0] + degrees, hsv[1], hsv[2], rgb, at);
      case ColourStep.Blend(ColourStep.From from, float factor) -> {
        double grey = Math.floor(grey(rgb, at) + 0.5);
        for (int c = at; c < at + 3; c++) {
          double zero =
              switch (from) {
                case BLACK -> 0;
                case GREY -> grey;
                case MEAN_GREY -> mean;
              };
          rgb[c] =
              (int) Math.clamp(zero * (1 - (double) factor) + (double) factor * rgb[c], 0, 255);
        }
      }
      case ColourStep.Twist twist -> twist(rgb, at, twist);
      case ColourStep.ByteHue _ ->
          throw new IllegalArgumentException(
              "known by Pillow's own answers: ImageColourGoldenTest");
      case ColourStep.Shuffle(int red, int green, int blue) -> {
        int[] old = {rgb[at], rgb[at + 1], rgb[at + 2]};
        rgb[at] = old[red];
        rgb[at + 1] = old[green];
        rgb[at + 2] = old[blue];
      }
    }
  }

  /** Luma and chroma one after the other, as DALI documents them. */
  private static void twist(int[] rgb, int at, ColourStep.Twist twist) {
    double r = rgb[at];
    double g = rgb[at + 1];
    double b = rgb[at + 2];
    double y = 0.299 * r + 0.587 * g + 0.114 * b;
    double i = 0.596 * r - 0.274 * g - 0.321 * b;
    double q = 0.211 * r - 0.523 * g + 0.311 * b;
    double angle = twist.hueDegrees() * Math.PI / 180;
    double turnedI = twist.saturation() * (Math.cos(angle) * i + Math.sin(angle) * q);
    double turnedQ = twist.saturation() * (Math.cos(angle) * q - Math.sin(angle) * i);
    double[] turned = {
      y + 0.956 * turnedI + 0.621 * turnedQ,
      y - 0.272 * turnedI - 0.647 * turnedQ,
      y - 1.107 * turnedI + 1.705 * turnedQ
    };
    for (int c = 0; c < 3; c++) {
      double contrasted = 128 + twist.contrast() * (turned[c] - 128);
      rgb[at + c] = eightBits(twist.brightness() * contrasted);
    }
  }

  private static double[] toHsv(int r, int g, int b) {
    double max = Math.max(r, Math.max(g, b));
    double chroma = max - Math.min(r, Math.min(g, b));
    double hue = 0;
    if (chroma > 0) {
      hue = max == r ? (g - b) / chroma : max == g ? 2 + (b - r) / chroma : 4 + (r - g) / chroma;
    }
    return new double[] {hue * 60, max == 0 ? 0 : chroma / max, max};
  }

  // The textbook's six sectors.
  private static void fromHsv(double hue, double saturation, double value, int[] rgb, int at) {
    double h = (hue % 360 + 360) % 360 / 60;
    int sector = (int) h;
    double p = value * (1 - saturation);
    double q = value * (1 - saturation * (h - sector));
    double t = value * (1 - saturation * (1 - (h - sector)));
    double[] result =
        switch (sector) {
          case 0 -> new double[] {value, t, p};
          case 1 -> new double[] {q, value, p};
          case 2 -> new double[] {p, value, t};
          case 3 -> new double[] {p, q, value};
          case 4 -> new double[] {t, p, value};
          default -> new double[] {value, p, q};
        };
    for (int c = 0; c < 3; c++) {
      rgb[at + c] = eightBits(result[c]);
    }
  }

  private static int eightBits(double value) {
    return (int) Math.clamp(Math.floor(value + 0.5), 0, 255);
  }

  private static double mean(Normalisation normal, int channel) {
    return channel == 0 ? normal.meanRed() : channel == 1 ? normal.meanGreen() : normal.meanBlue();
  }

  private static double scale(Normalisation normal, int channel) {
    return channel == 0
        ? normal.scaleRed()
        : channel == 1 ? normal.scaleGreen() : normal.scaleBlue();
  }
}
