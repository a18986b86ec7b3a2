package dev.multibox.backend.cpu;

import static dev.multibox.backend.cpu.ChannelVectors.at;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import dev.multibox.backend.Activation;
import dev.multibox.backend.ConvolutionKernels;
import dev.multibox.backend.ConvolutionParams;
import dev.multibox.backend.FixedNorm;
import dev.multibox.backend.Gradient;
import dev.multibox.tensor.Shape;
import dev.multibox.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * Convolution as the formula says it: the truth that the other implementations are tested against,
 * and the only one on systems that oneDNN is not published for.
 *
 * <p>Every result is one sum in double precision, rounded once, so that its error does not grow
 * with the filter. Each chunk of a loop owns its results: no two threads add to the same one. For
 * F32 alone.
 */
final class DirectConvolutionKernels extends ConvolutionKernels {
  private final Parallel parallel;

  DirectConvolutionKernels(Parallel parallel) {
    this.parallel = parallel;
  }

  /** The extents and settings of a convolution, under the letters of the formulas. */
  private record Extents(
      int h, int w, int c, int p, int q, int k, int r, int s, ConvolutionParams params) {
    static Extents of(Tensor x, Tensor filter, ConvolutionParams params) {
      Shape in = x.shape();
      Shape taps = filter.shape();
      Shape out = params.outputShape(in, taps);
      return new Extents(
          in.intDim(1),
          in.intDim(2),
          in.intDim(3),
          out.intDim(1),
          out.intDim(2),
          out.intDim(3),
          taps.intDim(1),
          taps.intDim(2),
          params);
    }

    int channelsPerGroup() {
      return c / params.groups();
    }

    int filtersPerGroup() {
      return k / params.groups();
    }

    /** The input row that tap {@code r} of output row {@code p} reads; outside of x it is zero. */
    int inRow(int p, int r) {
      return p * params.strideHeight() - params.padHeight() + r * params.dilationHeight();
    }

    int inColumn(int q, int s) {
      return q * params.strideWidth() - params.padWidth() + s * params.dilationWidth();
    }

    /** The output row whose tap {@code r} reads input row {@code h}, or -1 if there is none. */
    int outRow(int h, int r) {
      return place(h + params.padHeight() - r * params.dilationHeight(), params.strideHeight(), p);
    }

    int outColumn(int w, int s) {
      return place(w + params.padWidth() - s * params.dilationWidth(), params.strideWidth(), q);
    }

    private static int place(int offset, int stride, int extent) {
      boolean exists = offset >= 0 && offset % stride == 0 && offset / stride < extent;
      return exists ? offset / stride : -1;
    }

    /** The first element of a pixel of x. */
    long inAt(long n, int row, int column) {
      return ((n * h + row) * w + column) * c;
    }

    /** The first element of a pixel of out. */
    long outAt(long n, int row, int column) {
      return ((n * p + row) * q + column) * k;
    }

    /** The first element of a tap of a filter. */
    long filterAt(int filter, int row, int column) {
      return (((long) filter * r + row) * s + column) * channelsPerGroup();
    }
  }

  @Override
  protected void runForward(
      Tensor x,
      Tensor filter,
      @Nullable Tensor bias,
      Activation activation,
      ConvolutionParams params,
      Tensor out) {
    forward(x, filter, params, out, (z, k, _) -> z + (bias == null ? 0 : at(bias, k)), activation);
  }

  @Override
  protected void runForwardNormalised(
      Tensor x,
      Tensor filter,
      FixedNorm norm,
      @Nullable Tensor residual,
      Activation activation,
      ConvolutionParams params,
      Tensor out) {
    forward(
        x,
        filter,
        params,
        out,
        (z, k, place) -> {
          double scale = (double) at(norm.gamma(), k) * at(norm.invStd(), k);
          double normalised = (z - at(norm.mean(), k)) * scale + at(norm.beta(), k);
          return normalised + (residual == null ? 0 : at(residual, place));
        },
        activation);
  }

  /** What becomes of a sum of channel {@code k} before the activation. */
  @FunctionalInterface
  private interface Epilogue {
    double of(double sum, int k, long place);
  }

  private void forward(
      Tensor x,
      Tensor filter,
      ConvolutionParams params,
      Tensor out,
      Epilogue epilogue,
      Activation activation) {
    Extents e = Extents.of(x, filter, params);
    MemorySegment xs = x.host();
    MemorySegment filters = filter.host();
    MemorySegment outs = out.host();
    parallel.forChunks(
        out.shape().dim(0) * e.p,
        1,
        (_, _, row, _) -> {
          long n = row / e.p;
          int p = (int) (row % e.p);
          for (int q = 0; q < e.q; q++) {
            for (int k = 0; k < e.k; k++) {
              long place = e.outAt(n, p, q) + k;
              double value = epilogue.of(window(e, xs, filters, n, p, q, k), k, place);
              outs.setAtIndex(JAVA_FLOAT, place, apply(activation, (float) value));
            }
          }
        });
  }

  /** {@code sum_{r,s,c} x[n, inRow(p,r), inColumn(q,s), c] filter[k,r,s,c]}. */
  private static double window(
      Extents e, MemorySegment xs, MemorySegment filters, long n, int p, int q, int k) {
    int firstChannel = k / e.filtersPerGroup() * e.channelsPerGroup();
    double sum = 0;
    for (int r = 0; r < e.r; r++) {
      int h = e.inRow(p, r);
      for (int s = 0; s < e.s; s++) {
        int w = e.inColumn(q, s);
        if (h >= 0 && h < e.h && w >= 0 && w < e.w) {
          long x = e.inAt(n, h, w) + firstChannel;
          long filter = e.filterAt(k, r, s);
          for (int c = 0; c < e.channelsPerGroup(); c++) {
            sum +=
                (double) xs.getAtIndex(JAVA_FLOAT, x + c)
                    * filters.getAtIndex(JAVA_FLOAT, filter + c);
          }
        }
      }
    }
    return sum;
  }

  private static float apply(Activation activation, float value) {
    return switch (activation) {
      case NONE -> value;
      case RELU -> Math.max(value, 0);
      case RELU6 -> Math.clamp(value, 0f, 6f);
      case HARD_SIGMOID -> Math.clamp(value + 3, 0f, 6f) / 6;
      case HARD_SWISH -> value * Math.clamp(value + 3, 0f, 6f) / 6;
    };
  }

  @Override
  protected void runBackwardData(
      Tensor dOut, Tensor filter, ConvolutionParams params, Gradient dx) {
    Extents e = Extents.of(dx.tensor(), filter, params);
    MemorySegment dOuts = dOut.host();
    MemorySegment filters = filter.host();
    MemorySegment dxs = dx.tensor().host();
    parallel.forChunks(
        dx.tensor().shape().dim(0) * e.h,
        1,
        (_, _, row, _) -> {
          long n = row / e.h;
          int h = (int) (row % e.h);
          for (int w = 0; w < e.w; w++) {
            for (int c = 0; c < e.c; c++) {
              double sum = windows(e, dOuts, filters, n, h, w, c);
              write(dxs, e.inAt(n, h, w) + c, sum, dx);
            }
          }
        });
  }

  /**
   * {@code sum_{r,s,k} dOut[n, outRow(h,r), outColumn(w,s), k] filter[k,r,s,c]}: the windows that
   * hold a pixel, over the filters of its group.
   */
  private static double windows(
      Extents e, MemorySegment dOuts, MemorySegment filters, long n, int h, int w, int c) {
    int firstFilter = c / e.channelsPerGroup() * e.filtersPerGroup();
    int channel = c % e.channelsPerGroup();
    double sum = 0;
    for (int r = 0; r < e.r; r++) {
      int p = e.outRow(h, r);
      for (int s = 0; s < e.s; s++) {
        int q = e.outColumn(w, s);
        if (p >= 0 && q >= 0) {
          long dOut = e.outAt(n, p, q);
          for (int k = firstFilter; k < firstFilter + e.filtersPerGroup(); k++) {
            sum +=
                (double) dOuts.getAtIndex(JAVA_FLOAT, dOut + k)
                    * filters.getAtIndex(JAVA_FLOAT, e.filterAt(k, r, s) + channel);
          }
        }
      }
    }
    return sum;
  }

  @Override
  protected void runBackwardFilter(
      Tensor x, Tensor dOut, ConvolutionParams params, Gradient dFilter) {
    Extents e = Extents.of(x, dFilter.tensor(), params);
    long batch = x.shape().dim(0);
    MemorySegment xs = x.host();
    MemorySegment dOuts = dOut.host();
    MemorySegment dFilters = dFilter.tensor().host();
    parallel.forChunks(
        e.k,
        1,
        (_, _, filter, _) -> {
          int k = (int) filter;
          for (int r = 0; r < e.r; r++) {
            for (int s = 0; s < e.s; s++) {
              for (int c = 0; c < e.channelsPerGroup(); c++) {
                double sum = pixels(e, batch, xs, dOuts, k, r, s, c);
                write(dFilters, e.filterAt(k, r, s) + c, sum, dFilter);
              }
            }
          }
        });
  }

  /** {@code sum_{n,p,q} dOut[n,p,q,k] x[n, inRow(p,r), inColumn(q,s), c]}. */
  private static double pixels(
      Extents e, long batch, MemorySegment xs, MemorySegment dOuts, int k, int r, int s, int c) {
    int channel = k / e.filtersPerGroup() * e.channelsPerGroup() + c;
    double sum = 0;
    for (long n = 0; n < batch; n++) {
      for (int p = 0; p < e.p; p++) {
        int h = e.inRow(p, r);
        for (int q = 0; q < e.q; q++) {
          int w = e.inColumn(q, s);
          if (h >= 0 && h < e.h && w >= 0 && w < e.w) {
            sum +=
                (double) dOuts.getAtIndex(JAVA_FLOAT, e.outAt(n, p, q) + k)
                    * xs.getAtIndex(JAVA_FLOAT, e.inAt(n, h, w) + channel);
          }
        }
      }
    }
    return sum;
  }

  private static void write(MemorySegment target, long index, double sum, Gradient gradient) {
    float before = gradient.adds() ? target.getAtIndex(JAVA_FLOAT, index) : 0;
    target.setAtIndex(JAVA_FLOAT, index, (float) (before + sum));
  }

  @Override
  public String toString() {
    return "direct loops";
  }
}
