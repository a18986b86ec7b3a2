package dev.multibox.backend.cpu;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import dev.multibox.backend.Gradient;
import dev.multibox.backend.PoolingParams;
import dev.multibox.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/**
 * The gradient of max pooling, in blocks of input rows of one image. A block adds up the gradients
 * of all windows that reach into it, in row-major order of the windows, in a heap array with a
 * margin above and below for what those windows scatter outside, which is dropped: the neighbouring
 * block computes it too. So no element is written by two workers.
 */
final class MaxPoolBlocks {
  private final Tensor argMax;
  private final Tensor dOut;
  private final PoolingParams params;
  private final Gradient dx;
  private final int height;
  private final int inRow;
  private final int channels;
  private final int outHeight;
  private final int outRow;
  private final int margin;
  private final int blockRows;
  private final int blocksPerImage;

  /** Where each place of a window lies, from its first element. */
  private final int[] offsets = new int[256];

  MaxPoolBlocks(Tensor argMax, Tensor dOut, PoolingParams params, Gradient dx) {
    this.argMax = argMax;
    this.dOut = dOut;
    this.params = params;
    this.dx = dx;
    height = dx.tensor().shape().intDim(1);
    channels = dx.tensor().shape().intDim(3);
    inRow = Math.multiplyExact(dx.tensor().shape().intDim(2), channels);
    outHeight = dOut.shape().intDim(1);
    outRow = Math.multiplyExact(dOut.shape().intDim(2), channels);
    margin = params.windowHeight() - 1;
    int stride = params.strideHeight();
    // Four chunks a block keep the margins small beside it; whole strides make none necessary
    // where windows do not overlap.
    int wanted = Math.ceilDiv(Math.max(1, 4 * Tiling.CHUNK / inRow), stride) * stride;
    blockRows = Math.min(height, wanted);
    blocksPerImage = Math.ceilDiv(height, blockRows);
    for (int place = 0; place < params.windowHeight() * params.windowWidth(); place++) {
      offsets[place] =
          place / params.windowWidth() * inRow + place % params.windowWidth() * channels;
    }
  }

  /** The number of blocks of all images. */
  long count() {
    return dx.tensor().shape().dim(0) * blocksPerImage;
  }

  /** Elements of a block. */
  int elements() {
    return Math.multiplyExact(blockRows, inRow);
  }

  /** Computes a block. */
  void run(long block, Scratch scratch) {
    long image = block / blocksPerImage;
    int top = (int) (block % blocksPerImage) * blockRows;
    int bottom = Math.min(height, top + blockRows);
    int first = margin * inRow;
    int length = (bottom - top) * inRow;
    float[] gradient = scratch.floats(0, length + 2 * first);
    Arrays.fill(gradient, 0, length + 2 * first, 0);
    long at = (image * height + top) * inRow;
    if (dx.adds()) {
      FloatStretch.read(scratch, dx.tensor(), at, length, gradient, first);
    }
    int stride = params.strideHeight();
    int above = top + params.padHeight() - margin;
    int firstWindow = Math.max(0, Math.ceilDiv(above, stride));
    int lastWindow = Math.min(outHeight - 1, (bottom - 1 + params.padHeight()) / stride);
    for (int p = firstWindow; p <= lastWindow; p++) {
      int row = p * stride - params.padHeight() - top + margin;
      scatter(image * outHeight + p, gradient, row * inRow, scratch);
    }
    FloatStretch.write(scratch, gradient, first, length, dx.tensor(), at);
  }

  /** Adds the gradients of one output row to the places its windows took their maxima from. */
  private void scatter(long row, float[] gradient, int from, Scratch scratch) {
    float[] values = scratch.floats(1, outRow);
    byte[] places = scratch.bytes(outRow);
    FloatStretch.read(scratch, dOut, row * outRow, outRow, values);
    MemorySegment.copy(argMax.host(), JAVA_BYTE, row * outRow, places, 0, outRow);
    int window = from - params.padWidth() * channels;
    for (int i = 0; i < outRow; i += channels) {
      for (int c = 0; c < channels; c++) {
        gradient[window + c + offsets[places[i + c] & 0xff]] += values[i + c];
      }
      window += params.strideWidth() * channels;
    }
  }
}
