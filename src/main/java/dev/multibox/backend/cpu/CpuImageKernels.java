package dev.multibox.backend.cpu;

import dev.multibox.backend.ImageKernels;
import dev.multibox.backend.ImagePlan;
import dev.multibox.backend.ImagePlan.Resize;
import dev.multibox.backend.Normalisation;
import dev.multibox.backend.ResizeTaps;
import dev.multibox.tensor.Tensor;
import java.util.List;

/** Images in bands of output rows, spread over the cores. */
final class CpuImageKernels extends ImageKernels {
  /** Output rows of a band: rows at the seams are resampled twice, so bands are not small. */
  private static final int BAND = 128;

  /** Rows of {@link #runResizeBilinear} that one thread takes at a time. */
  private static final int ROWS = 16;

  private final Parallel parallel;

  CpuImageKernels(Parallel parallel) {
    this.parallel = parallel;
  }

  @Override
  protected void runPrepare(
      List<Tensor> images, List<ImagePlan> plans, Normalisation normalisation, Tensor out) {
    int height = out.shape().intDim(1);
    int bands = Math.ceilDiv(height, BAND);
    int[] means = GreyMeans.of(parallel, images, plans);
    parallel.forChunks(
        (long) images.size() * bands,
        1,
        (scratch, chunk, _, _) -> {
          int n = Math.floorDiv(chunk, bands);
          int from = chunk % bands * BAND;
          new ImagePreparation(images.get(n), plans.get(n), means[n], normalisation, out.get(n))
              .run(scratch, from, Math.min(height, from + BAND));
        });
  }

  @Override
  protected void runResizeBilinear(Tensor x, Tensor out) {
    int height = out.shape().intDim(1);
    if (out.size() == 0) {
      return;
    }
    ResizeTaps down = ResizeTaps.of(Resize.BILINEAR, x.shape().intDim(1), height);
    ResizeTaps across = ResizeTaps.of(Resize.BILINEAR, x.shape().intDim(2), out.shape().intDim(2));
    parallel.forChunks(
        out.shape().dim(0) * height,
        ROWS,
        (scratch, _, from, to) -> {
          for (long row = from; row < to; row++) {
            resizeRow(scratch, x.get(row / height), down, across, (int) (row % height), out, row);
          }
        });
  }

  /** Mixes two rows of {@code x [h, w, C]} into one, then its columns into row {@code outRow}. */
  private static void resizeRow(
      Scratch scratch,
      Tensor x,
      ResizeTaps down,
      ResizeTaps across,
      int y,
      Tensor out,
      long outRow) {
    int channels = x.shape().intDim(2);
    int inRow = x.shape().intDim(1) * channels;
    float[] upper = scratch.floats(0, inRow);
    float[] lower = scratch.floats(1, inRow);
    FloatStretch.read(scratch, x, (long) down.index()[2 * y] * inRow, inRow, upper);
    FloatStretch.read(scratch, x, (long) down.index()[2 * y + 1] * inRow, inRow, lower);
    float upperWeight = down.weight()[2 * y];
    float lowerWeight = down.weight()[2 * y + 1];
    for (int i = 0; i < inRow; i++) {
      upper[i] = upperWeight * upper[i] + lowerWeight * lower[i];
    }
    int outWidth = across.outputs();
    float[] result = scratch.floats(2, outWidth * channels);
    for (int column = 0; column < outWidth; column++) {
      int left = across.index()[2 * column] * channels;
      int right = across.index()[2 * column + 1] * channels;
      float leftWeight = across.weight()[2 * column];
      float rightWeight = across.weight()[2 * column + 1];
      for (int c = 0; c < channels; c++) {
        result[column * channels + c] =
            leftWeight * upper[left + c] + rightWeight * upper[right + c];
      }
    }
    int outElements = outWidth * channels;
    FloatStretch.write(scratch, result, outElements, out, outRow * outElements);
  }
}
