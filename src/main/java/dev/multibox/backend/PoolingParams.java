package dev.multibox.backend;

import dev.multibox.tensor.Shape;

/**
 * The settings of 2-D pooling, height and width apart.
 *
 * @param windowHeight rows of a window
 * @param windowWidth columns of a window; a window has at most 256 places, so that an arg-max fits
 *     a byte
 * @param strideHeight rows from one window to the next
 * @param strideWidth columns from one window to the next
 * @param padHeight rows of minus infinity above and below, at most half a window
 * @param padWidth columns of minus infinity left and right, at most half a window
 * @param ceilMode whether the output size is rounded up, as Caffe does and torchvision's third pool
 */
public record PoolingParams(
    int windowHeight,
    int windowWidth,
    int strideHeight,
    int strideWidth,
    int padHeight,
    int padWidth,
    boolean ceilMode) {

  public PoolingParams {
    Checks.require(
        "pooling",
        windowHeight > 0 && windowWidth > 0 && windowHeight * windowWidth <= 256,
        "window was %d x %d, wanted 1 to 256 places",
        windowHeight,
        windowWidth);
    Checks.require(
        "pooling",
        strideHeight > 0 && strideWidth > 0,
        "stride was %d x %d, wanted at least 1",
        strideHeight,
        strideWidth);
    Checks.require(
        "pooling",
        padHeight >= 0
            && padWidth >= 0
            && padHeight <= windowHeight / 2
            && padWidth <= windowWidth / 2,
        "padding was %d x %d, wanted at most half of the window %d x %d",
        padHeight,
        padWidth,
        windowHeight,
        windowWidth);
  }

  /** A square window that rounds the output size down. */
  public static PoolingParams of(int window, int stride, int pad) {
    return new PoolingParams(window, window, stride, stride, pad, pad, false);
  }

  public PoolingParams withCeilMode() {
    return new PoolingParams(
        windowHeight, windowWidth, strideHeight, strideWidth, padHeight, padWidth, true);
  }

  /**
   * {@code [N, P, Q, C]} with {@code P = round((H + 2 pad - window) / stride) + 1}. Rounded up, a
   * last window that would start in the padding behind the input is left out (Caffe's and PyTorch's
   * rule).
   *
   * @throws IllegalArgumentException if the window does not fit into the padded input
   */
  public Shape outputShape(Shape x) {
    Checks.require("pooling", x.rank() == 4, "x was %s, wanted [N, H, W, C]", x);
    long height = extent(x.dim(1), windowHeight, strideHeight, padHeight);
    long width = extent(x.dim(2), windowWidth, strideWidth, padWidth);
    Checks.require(
        "pooling",
        height > 0 && width > 0,
        "window %d x %d is larger than x %s",
        windowHeight,
        windowWidth,
        x);
    return Shape.of(x.dim(0), height, width, x.dim(3));
  }

  private long extent(long in, int window, int stride, int pad) {
    long room = in + 2L * pad - window;
    if (room < 0) {
      return 0;
    }
    if (!ceilMode) {
      return room / stride + 1;
    }
    long out = Math.ceilDiv(room, stride) + 1;
    return (out - 1) * stride >= in + pad ? out - 1 : out;
  }
}
