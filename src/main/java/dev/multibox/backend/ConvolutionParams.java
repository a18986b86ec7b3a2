package dev.multibox.backend;

import dev.multibox.tensor.Shape;

/**
 * The settings of a 2-D convolution, height and width apart.
 *
 * @param strideHeight rows from one window to the next
 * @param strideWidth columns from one window to the next
 * @param padHeight rows of zeros above and below the input
 * @param padWidth columns of zeros left and right of the input
 * @param dilationHeight rows from one tap of the filter to the next; 1 is dense
 * @param dilationWidth columns from one tap of the filter to the next; 1 is dense
 * @param groups channel groups convolved apart; equal to C it is depthwise
 */
public record ConvolutionParams(
    int strideHeight,
    int strideWidth,
    int padHeight,
    int padWidth,
    int dilationHeight,
    int dilationWidth,
    int groups) {

  public ConvolutionParams {
    Checks.require(
        "convolution",
        strideHeight > 0 && strideWidth > 0,
        "stride was %d x %d, wanted at least 1",
        strideHeight,
        strideWidth);
    Checks.require(
        "convolution",
        padHeight >= 0 && padWidth >= 0,
        "padding was %d x %d, wanted at least 0",
        padHeight,
        padWidth);
    Checks.require(
        "convolution",
        dilationHeight > 0 && dilationWidth > 0,
        "dilation was %d x %d, wanted at least 1",
        dilationHeight,
        dilationWidth);
    Checks.require("convolution", groups > 0, "groups was %d, wanted at least 1", groups);
  }

  /** A dense, ungrouped convolution with the same stride and padding both ways. */
  public static ConvolutionParams of(int stride, int pad) {
    return new ConvolutionParams(stride, stride, pad, pad, 1, 1, 1);
  }

  public ConvolutionParams withDilation(int dilation) {
    return new ConvolutionParams(
        strideHeight, strideWidth, padHeight, padWidth, dilation, dilation, groups);
  }

  public ConvolutionParams withGroups(int count) {
    return new ConvolutionParams(
        strideHeight, strideWidth, padHeight, padWidth, dilationHeight, dilationWidth, count);
  }

  /**
   * {@code [N, floor((H + 2 pad - dilation (R - 1) - 1) / stride) + 1, ..., K]} for an input {@code
   * [N, H, W, C]} and a filter {@code [K, R, S, C / groups]}.
   *
   * @throws IllegalArgumentException if the filter does not fit into the padded input, or the
   *     channels do not go with it
   */
  public Shape outputShape(Shape x, Shape filter) {
    Checks.require("convolution", x.rank() == 4, "x was %s, wanted [N, H, W, C]", x);
    Checks.require(
        "convolution", filter.rank() == 4, "filter was %s, wanted [K, R, S, C / groups]", filter);
    Checks.require(
        "convolution",
        filter.dim(3) * groups == x.dim(3) && filter.dim(0) % groups == 0,
        "filter was %s with %d groups, does not go with x %s",
        filter,
        groups,
        x);
    long height = extent(x.dim(1), filter.dim(1), strideHeight, padHeight, dilationHeight);
    long width = extent(x.dim(2), filter.dim(2), strideWidth, padWidth, dilationWidth);
    Checks.require(
        "convolution",
        height > 0 && width > 0,
        "filter %s with padding %d x %d is larger than x %s",
        filter,
        padHeight,
        padWidth,
        x);
    return Shape.of(x.dim(0), height, width, filter.dim(0));
  }

  private static long extent(long in, long taps, int stride, int pad, int dilation) {
    return Math.floorDiv(in + 2L * pad - dilation * (taps - 1) - 1, stride) + 1;
  }
}
