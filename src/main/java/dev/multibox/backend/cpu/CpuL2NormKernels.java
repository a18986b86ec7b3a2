package dev.multibox.backend.cpu;

import dev.multibox.backend.Gradient;
import dev.multibox.backend.L2NormKernels;
import dev.multibox.tensor.Tensor;

/** L2 normalisation: a tile holds whole pixels, of which each is one row. */
final class CpuL2NormKernels extends L2NormKernels {
  private final Parallel parallel;

  CpuL2NormKernels(Parallel parallel) {
    this.parallel = parallel;
  }

  @Override
  protected void runForward(
      Tensor x, Tensor scale, Guard guard, float epsilon, Tensor norm, Tensor out) {
    Tiling rows = Tiling.byChannel(parallel, x);
    int channels = rows.channels();
    float[] scales = rows.expand(scale);
    rows.forEach(tile -> {
      float[] values = tile.read(x);
      float[] norms = tile.blank();
      for (int row = 0; row < tile.rows(); row++) {
        int first = row * channels;
        norms[row] = guarded(dot(values, values, first, channels), guard, epsilon);
        float inverse = 1 / norms[row];
        for (int i = first; i < first + channels; i++) {
          values[i] = values[i] * inverse * scales[i];
        }
      }
      tile.writeRows(norms, norm);
      tile.write(values, out);
    });
  }

  @Override
  protected void runBackward(
      Tensor x,
      Tensor scale,
      Guard guard,
      float epsilon,
      Tensor norm,
      Tensor dOut,
      Gradient dx,
      Gradient dScale) {
    Tiling rows = Tiling.byChannel(parallel, x);
    int channels = rows.channels();
    float[] scales = rows.expand(scale);
    double[] sums =
        rows.sums(
            1,
            tile -> {
              float[] values = tile.read(x);
              float[] gradient = tile.read(dOut);
              float[] norms = tile.readRows(norm);
              float[] sum = tile.sum(0);
              for (int row = 0; row < tile.rows(); row++) {
                int first = row * channels;
                float inverse = 1 / norms[row];
                for (int i = first; i < first + channels; i++) {
                  sum[i] += gradient[i] * values[i] * inverse;
                  gradient[i] *= scales[i];
                }
                double dot = dot(gradient, values, first, channels);
                float slope = (float) (dot / square(norms[row], guard, epsilon));
                for (int i = first; i < first + channels; i++) {
                  gradient[i] = (gradient[i] - values[i] * slope) * inverse;
                }
              }
              tile.write(gradient, dx);
            });
    ChannelVectors.write(parallel.shared(), sums, dScale);
  }

  private static float guarded(double squares, Guard guard, float epsilon) {
    return (float)
        switch (guard) {
          case ADD_TO_SQUARES -> Math.sqrt(squares + epsilon);
          case ADD_TO_NORM -> Math.sqrt(squares) + epsilon;
          case LARGER_OF -> Math.max(Math.sqrt(squares), epsilon);
        };
  }

  /**
   * What the part of the gradient along x is divided by: infinite, which removes that part, where
   * the norm is the guard alone.
   */
  private static double square(double norm, Guard guard, float epsilon) {
    return switch (guard) {
      case ADD_TO_SQUARES -> norm * norm;
      case ADD_TO_NORM -> norm == epsilon ? Double.POSITIVE_INFINITY : norm * (norm - epsilon);
      case LARGER_OF -> norm == epsilon ? Double.POSITIVE_INFINITY : norm * norm;
    };
  }

  /** {@code sum a[i] b[i]}, in four sums, since one would wait for each addition. */
  private static double dot(float[] a, float[] b, int first, int length) {
    double s0 = 0;
    double s1 = 0;
    double s2 = 0;
    double s3 = 0;
    int end = first + length;
    int i = first;
    for (; i < end - 3; i += 4) {
      s0 += (double) a[i] * b[i];
      s1 += (double) a[i + 1] * b[i + 1];
      s2 += (double) a[i + 2] * b[i + 2];
      s3 += (double) a[i + 3] * b[i + 3];
    }
    for (; i < end; i++) {
      s0 += (double) a[i] * b[i];
    }
    return (s0 + s1) + (s2 + s3);
  }
}
