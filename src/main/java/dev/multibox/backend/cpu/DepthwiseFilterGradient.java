package dev.multibox.backend.cpu;

import dev.multibox.backend.ConvolutionParams;
import dev.multibox.backend.Gradient;
import dev.multibox.tensor.Shape;
import dev.multibox.tensor.Tensor;
import java.util.Arrays;

/**
 * The gradient by the filters of a depthwise convolution: {@code dFilter[c,r,s] = sum_{n,p,q}
 * dOut[n,p,q,c] x[n, p stride - pad + r, q stride - pad + s, c]}. oneDNN has a kernel for that up
 * to 3×3; beyond, its general one takes twice as long as this.
 *
 * <p>The output is cut into bands of {@value #BAND} rows, and these into blocks of some columns. Of
 * a block a tap's sum is {@code d0 x0 + d1 x1 + d2 x2 + d3 x3} over the rows, pixel by pixel and
 * channel by channel, for which each row of x is copied shifted by the tap: a loop over arrays that
 * all have the same index is one that the JIT vectorises. Outside of x are zeros.
 *
 * <p>Places are summed in float within a chunk of whole bands; places and then chunks are joined in
 * double, in order.
 */
final class DepthwiseFilterGradient {
  /** Rows of a band. */
  private static final int BAND = 4;

  /** Elements of a row of a block, about: what is read and summed at once fits the caches. */
  private static final int BLOCK = 480;

  /** The largest window that oneDNN has a kernel for. */
  private static final int SMALL_WINDOW = 9;

  private final Tensor x;
  private final Tensor dOut;
  private final ConvolutionParams params;
  private final int channels;
  private final int windowHeight;
  private final int windowWidth;
  private final int outHeight;
  private final int outWidth;
  private final int blockWidth;

  DepthwiseFilterGradient(Tensor x, Tensor dOut, ConvolutionParams params, Shape filter) {
    this.x = x;
    this.dOut = dOut;
    this.params = params;
    channels = x.shape().intDim(3);
    windowHeight = filter.intDim(1);
    windowWidth = filter.intDim(2);
    outHeight = dOut.shape().intDim(1);
    outWidth = dOut.shape().intDim(2);
    blockWidth = Math.clamp(BLOCK / channels, 1, outWidth);
  }

  /** Whether this is a gradient for here: depthwise, dense, and of a window that is large. */
  static boolean suits(Shape filter, ConvolutionParams params) {
    return params.groups() == filter.dim(0)
        && params.groups() > 1
        && filter.dim(3) == 1
        && params.dilationHeight() == 1
        && params.dilationWidth() == 1
        && filter.dim(1) * filter.dim(2) > SMALL_WINDOW;
  }

  void run(Parallel parallel, Gradient dFilter) {
    long bands = x.shape().dim(0) * bandsOfImage();
    long bandsOfChunk = Math.max(1, Tiling.CHUNK / ((long) BAND * outWidth * channels));
    int sums = taps() * channels;
    int chunks = Parallel.chunks(bands, bandsOfChunk);
    double[] partial = parallel.shared().doubles(0, Math.multiplyExact(chunks, sums));
    parallel.forChunks(
        bands,
        bandsOfChunk,
        (scratch, chunk, from, to) -> new Worker(scratch).run(from, to, partial, chunk * sums));
    for (int chunk = 1; chunk < chunks; chunk++) {
      addTo(partial, chunk * sums, sums);
    }
    double[] total = parallel.shared().doubles(1, sums);
    for (int c = 0; c < channels; c++) {
      takeChannel(c, partial, total);
    }
    ChannelVectors.write(parallel.shared(), total, dFilter);
  }

  /** Adds the sums from {@code from} on to the first ones. */
  private static void addTo(double[] sums, int from, int count) {
    for (int i = 0; i < count; i++) {
      sums[i] += sums[from + i];
    }
  }

  /** Gathers the taps of a channel. */
  private void takeChannel(int c, double[] sums, double[] filters) {
    int first = c * taps();
    for (int tap = 0; tap < taps(); tap++) {
      filters[first + tap] = sums[tap * channels + c];
    }
  }

  private int taps() {
    return windowHeight * windowWidth;
  }

  private int bandsOfImage() {
    return Math.ceilDiv(outHeight, BAND);
  }

  /** The rows of x that a band reads. */
  private int rowsOfBand() {
    return (BAND - 1) * params.strideHeight() + windowHeight;
  }

  /** What one thread sums. */
  private final class Worker {
    private final Scratch scratch;
    private final int capacity = blockWidth * channels;

    /** A block of the rows of dOut, the rows of x for one column of the window, and the sums. */
    private final float[][] arrays;

    Worker(Scratch scratch) {
      this.scratch = scratch;
      arrays = scratch.stack(BAND + rowsOfBand() + taps(), capacity);
    }

    private float[] dRow(int i) {
      return arrays[i];
    }

    private float[] xRow(int i) {
      return arrays[BAND + i];
    }

    private float[] sum(int r, int s) {
      return arrays[BAND + rowsOfBand() + r * windowWidth + s];
    }

    /** Writes the sums of bands {@code [from, to)}, those of a tap together, from {@code at} on. */
    void run(long from, long to, double[] partial, int at) {
      for (int tap = 0; tap < taps(); tap++) {
        Arrays.fill(sum(0, tap), 0, capacity, 0);
      }
      for (long band = from; band < to; band++) {
        long n = band / bandsOfImage();
        int p = (int) (band % bandsOfImage()) * BAND;
        for (int q = 0; q < outWidth; q += blockWidth) {
          addBlock(n, p, q);
        }
      }
      for (int tap = 0; tap < taps(); tap++) {
        fold(sum(0, tap), partial, at + tap * channels);
      }
    }

    private void fold(float[] places, double[] into, int at) {
      Arrays.fill(into, at, at + channels, 0);
      for (int place = 0; place < capacity; place += channels) {
        for (int c = 0; c < channels; c++) {
          into[at + c] += places[place + c];
        }
      }
    }

    /** The block whose first row and column are {@code p} and {@code q}. */
    private void addBlock(long n, int p, int q) {
      int width = Math.min(blockWidth, outWidth - q);
      for (int i = 0; i < BAND; i++) {
        read(dOut, n, p + i, q, 1, width, dRow(i));
      }
      int h = p * params.strideHeight() - params.padHeight();
      int w = q * params.strideWidth() - params.padWidth();
      for (int s = 0; s < windowWidth; s++) {
        for (int j = 0; j < rowsOfBand(); j++) {
          read(x, n, h + j, w + s, params.strideWidth(), width, xRow(j));
        }
        for (int r = 0; r < windowHeight; r++) {
          addProducts(r, sum(r, s), width * channels);
        }
      }
    }

    /** Adds the products of the rows of dOut and those that tap row {@code r} reads for them. */
    private void addProducts(int r, float[] sum, int length) {
      float[] d0 = dRow(0);
      float[] d1 = dRow(1);
      float[] d2 = dRow(2);
      float[] d3 = dRow(3);
      float[] x0 = xRow(r);
      float[] x1 = xRow(r + params.strideHeight());
      float[] x2 = xRow(r + 2 * params.strideHeight());
      float[] x3 = xRow(r + 3 * params.strideHeight());
      for (int i = 0; i < length; i++) {
        sum[i] += d0[i] * x0[i] + d1[i] * x1[i] + d2[i] * x2[i] + d3[i] * x3[i];
      }
    }

    /** The pixels {@code w, w + step, ...} of row {@code h}, zeros where there are none. */
    private void read(Tensor image, long n, int h, int w, int step, int width, float[] into) {
      int rows = image.shape().intDim(1);
      int columns = image.shape().intDim(2);
      int first = Math.min(width, Math.max(0, Math.ceilDiv(-w, step)));
      int end = Math.clamp(Math.ceilDiv(columns - w, step), first, width);
      if (h < 0 || h >= rows) {
        end = first;
      }
      Arrays.fill(into, 0, first * channels, 0);
      Arrays.fill(into, end * channels, width * channels, 0);
      long pixel = (n * rows + h) * columns + w;
      int together = step == 1 ? end - first : 1;
      for (int i = first; i < end; i += together) {
        FloatStretch.read(
            scratch,
            image,
            (pixel + (long) i * step) * channels,
            together * channels,
            into,
            i * channels);
      }
    }
  }
}
