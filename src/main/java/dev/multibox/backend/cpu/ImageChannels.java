package dev.multibox.backend.cpu;

import dev.multibox.backend.Gradient;
import dev.multibox.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * Ops between {@code x [N, H, W, C]} and one value for each image and channel, {@code [N, 1, 1,
 * C]}: image by image, each spread over the cores like a tensor of its own.
 */
final class ImageChannels {
  private final Parallel parallel;

  ImageChannels(Parallel parallel) {
    this.parallel = parallel;
  }

  private static boolean hasValues(Tensor x) {
    return x.shape().dim(0) > 0 && x.shape().dim(3) > 0;
  }

  /** {@code means[n,c]} of all pixels. */
  void average(Tensor x, Tensor means) {
    if (!hasValues(x)) {
      return;
    }
    long pixels = pixels(x);
    for (long n = 0; n < x.shape().dim(0); n++) {
      Tensor image = x.get(n);
      double[] sums =
          Tiling.byChannel(parallel, image)
              .sums(1, tile -> tile.add(tile.read(image), tile.sum(0)));
      write(sums, pixels, Gradient.overwrite(means), n);
    }
  }

  /** {@code dx[n,h,w,c] = dMeans[n,c] / pixels}. */
  void averageBackward(Tensor dMeans, Gradient dx) {
    if (!hasValues(dx.tensor())) {
      return;
    }
    float pixels = (float) pixels(dx.tensor());
    for (long n = 0; n < dMeans.shape().dim(0); n++) {
      Gradient image = image(dx, n);
      Tiling rows = Tiling.byChannel(parallel, image.tensor());
      float[] shares = rows.expand(dMeans, n * rows.channels());
      for (int i = 0; i < shares.length; i++) {
        shares[i] /= pixels;
      }
      rows.forEach(tile -> tile.write(shares, image));
    }
  }

  /** {@code out[n,h,w,c] = x[n,h,w,c] scale[n,c]}. */
  void scale(Tensor x, Tensor scale, Tensor out) {
    if (x.size() == 0) {
      return;
    }
    for (long n = 0; n < x.shape().dim(0); n++) {
      Tensor image = x.get(n);
      Tensor to = out.get(n);
      Tiling rows = Tiling.byChannel(parallel, image);
      float[] factors = rows.expand(scale, n * rows.channels());
      rows.forEach(tile -> {
        float[] values = tile.read(image);
        multiply(values, factors, tile.length());
        tile.write(values, to);
      });
    }
  }

  /** {@code dx = dOut scale}; {@code dScale[n,c]} is the sum of {@code dOut x}. */
  void scaleBackward(
      Tensor x, Tensor scale, Tensor dOut, @Nullable Gradient dx, @Nullable Gradient dScale) {
    if (!hasValues(x)) {
      return;
    }
    for (long n = 0; n < x.shape().dim(0); n++) {
      Tensor image = x.get(n);
      Tensor dImage = dOut.get(n);
      Gradient to = dx == null ? null : image(dx, n);
      Tiling rows = Tiling.byChannel(parallel, image);
      float[] factors = rows.expand(scale, n * rows.channels());
      double[] sums =
          rows.sums(
              1,
              tile -> {
                float[] gradient = tile.read(dImage);
                addProducts(gradient, tile.read(image), tile.sum(0), tile.length());
                if (to != null) {
                  multiply(gradient, factors, tile.length());
                  tile.write(gradient, to);
                }
              });
      if (dScale != null) {
        write(sums, 1, dScale, n);
      }
    }
  }

  private static void multiply(float[] values, float[] factors, int length) {
    for (int i = 0; i < length; i++) {
      values[i] *= factors[i];
    }
  }

  private static void addProducts(float[] a, float[] b, float[] sum, int length) {
    for (int i = 0; i < length; i++) {
      sum[i] += a[i] * b[i];
    }
  }

  private static long pixels(Tensor x) {
    return x.shape().dim(1) * x.shape().dim(2);
  }

  private static Gradient image(Gradient gradient, long n) {
    return new Gradient(gradient.tensor().get(n), gradient.accumulate());
  }

  /** The sums of image n over a divisor. */
  private void write(double[] sums, long divisor, Gradient to, long n) {
    int channels = to.tensor().shape().intDim(-1);
    float[] values = parallel.shared().floats(0, channels);
    for (int c = 0; c < channels; c++) {
      values[c] = (float) (sums[c] / (double) divisor);
    }
    FloatStretch.write(parallel.shared(), values, channels, to, n * channels);
  }
}
