package dev.multibox.backend;

import dev.multibox.backend.ImagePlan.Resize;

/**
 * Resampling along one axis as a table: output {@code i} is the sum over {@code k} of {@code
 * weight[i * count + k]} times input {@code index[i * count + k]}. Indices of one output lie within
 * {@code count} consecutive inputs, and never fall from one output to the next.
 */
public final class ResizeTaps {
  /** Keys' parameter as OpenCV has it. */
  private static final double CUBIC_A = -0.75;

  private static final int LANCZOS_RADIUS = 4;

  private final int in;
  private final int count;
  private final int[] index;
  private final float[] weight;

  private ResizeTaps(int in, int out, int count) {
    this.in = in;
    this.count = count;
    this.index = new int[out * count];
    this.weight = new float[out * count];
  }

  /** The table that makes {@code out} samples of {@code in}. */
  public static ResizeTaps of(Resize resize, int in, int out) {
    double scale = (double) in / out;
    return switch (resize) {
      case NEAREST -> nearest(in, out, scale);
      case BILINEAR -> pointwise(in, out, 2, distance -> 1 - Math.abs(distance));
      case BILINEAR_ANTIALIAS -> triangles(in, out, Math.max(1, scale));
      case AREA -> scale > 1 ? areas(in, out, scale) : of(Resize.BILINEAR, in, out);
      case BICUBIC -> pointwise(in, out, 4, ResizeTaps::cubic);
      case LANCZOS4 -> pointwise(in, out, 2 * LANCZOS_RADIUS, ResizeTaps::lanczos);
    };
  }

  /** The same table with the outputs in reverse: a mirrored result. */
  public ResizeTaps mirrored() {
    int out = outputs();
    ResizeTaps mirrored = new ResizeTaps(in, out, count);
    for (int i = 0; i < out; i++) {
      System.arraycopy(index, i * count, mirrored.index, (out - 1 - i) * count, count);
      System.arraycopy(weight, i * count, mirrored.weight, (out - 1 - i) * count, count);
    }
    return mirrored;
  }

  /** Taps of each output. */
  public int count() {
    return count;
  }

  /** Taps of all outputs. */
  public int size() {
    return index.length;
  }

  /** The input of each tap; not to be changed. */
  public int[] index() {
    return index;
  }

  /** The weight of each tap; not to be changed. */
  public float[] weight() {
    return weight;
  }

  public int outputs() {
    return Math.floorDiv(index.length, count);
  }

  /** Whether output {@code i} takes anything from the inputs {@code [from, to)}. */
  public boolean touches(int i, int from, int to) {
    for (int tap = i * count; tap < (i + 1) * count; tap++) {
      if (index[tap] >= from && index[tap] < to) {
        return true;
      }
    }
    return false;
  }

  /** A kernel's value at a distance from the sample point, in input samples. */
  private interface Kernel {
    double at(double distance);
  }

  private static ResizeTaps nearest(int in, int out, double scale) {
    ResizeTaps taps = new ResizeTaps(in, out, 1);
    for (int i = 0; i < out; i++) {
      taps.set(i, 0, (int) Math.floor(i * scale), 1);
    }
    return taps;
  }

  /** {@code count} inputs round the sample point, whatever the scale; edges repeat. */
  private static ResizeTaps pointwise(int in, int out, int count, Kernel kernel) {
    ResizeTaps taps = new ResizeTaps(in, out, count);
    double scale = (double) in / out;
    double[] weights = new double[count];
    for (int i = 0; i < out; i++) {
      double centre = (i + 0.5) * scale - 0.5;
      int first = (int) Math.floor(centre) - count / 2 + 1;
      double sum = 0;
      for (int k = 0; k < count; k++) {
        weights[k] = kernel.at(first + k - centre);
        sum += weights[k];
      }
      for (int k = 0; k < count; k++) {
        taps.set(i, k, first + k, weights[k] / sum);
      }
    }
    return taps;
  }

  /** A triangle of half width {@code support}, cut off and weighed anew at the edges. */
  private static ResizeTaps triangles(int in, int out, double support) {
    int count = Math.min(in, 2 * (int) Math.ceil(support) + 1);
    ResizeTaps taps = new ResizeTaps(in, out, count);
    double[] weights = new double[count];
    for (int i = 0; i < out; i++) {
      double centre = (i + 0.5) * in / out;
      int first = Math.max(0, (int) (centre - support + 0.5));
      int end = Math.min(Math.min(in, first + count), (int) (centre + support + 0.5));
      double sum = 0;
      for (int k = 0; k < count; k++) {
        double distance = Math.abs(first + k + 0.5 - centre) / support;
        weights[k] = first + k < end ? Math.max(0, 1 - distance) : 0;
        sum += weights[k];
      }
      for (int k = 0; k < count; k++) {
        taps.set(i, k, first + k, weights[k] / sum);
      }
    }
    return taps;
  }

  private static ResizeTaps areas(int in, int out, double scale) {
    int count = Math.min(in, (int) Math.ceil(scale) + 1);
    ResizeTaps taps = new ResizeTaps(in, out, count);
    for (int i = 0; i < out; i++) {
      double from = i * scale;
      double to = Math.min(in, from + scale);
      int first = (int) Math.floor(from);
      for (int k = 0; k < count; k++) {
        double covered = Math.min(to, first + k + 1) - Math.max(from, first + k);
        taps.set(i, k, first + k, Math.max(0, covered) / (to - from));
      }
    }
    return taps;
  }

  private static double cubic(double distance) {
    double d = Math.abs(distance);
    return d <= 1
        ? ((CUBIC_A + 2) * d - (CUBIC_A + 3)) * d * d + 1
        : ((CUBIC_A * d - 5 * CUBIC_A) * d + 8 * CUBIC_A) * d - 4 * CUBIC_A;
  }

  /** {@code sinc(d) sinc(d / 4)}. */
  private static double lanczos(double distance) {
    if (Math.abs(distance) < 1e-9) {
      return 1;
    }
    double angle = Math.PI * distance;
    return LANCZOS_RADIUS * Math.sin(angle) * Math.sin(angle / LANCZOS_RADIUS) / (angle * angle);
  }

  // Inputs beyond the edge are the edge's; their weight is kept.
  private void set(int output, int k, int input, double value) {
    index[output * count + k] = Math.clamp(input, 0, in - 1);
    weight[output * count + k] = (float) value;
  }
}
