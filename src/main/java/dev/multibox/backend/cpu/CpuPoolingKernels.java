package dev.multibox.backend.cpu;

import dev.multibox.backend.Gradient;
import dev.multibox.backend.PoolingKernels;
import dev.multibox.backend.PoolingParams;
import dev.multibox.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/** Max pooling: chunks of output rows forward, blocks of input rows backward. */
final class CpuPoolingKernels extends PoolingKernels {
  private final Parallel parallel;
  private final ImageChannels images;

  CpuPoolingKernels(Parallel parallel) {
    this.parallel = parallel;
    images = new ImageChannels(parallel);
  }

  @Override
  protected void runMaxPool(Tensor x, PoolingParams params, Tensor out, @Nullable Tensor argMax) {
    if (out.size() == 0) {
      return;
    }
    long rows = out.shape().dim(0) * out.shape().dim(1);
    long step = x.shape().dim(2) * x.shape().dim(3) * params.strideHeight();
    long chunk = Math.max(1, 2 * Tiling.CHUNK / step);
    parallel.forChunks(
        rows,
        chunk,
        (scratch, _, from, to) -> {
          MaxPoolRows worker = new MaxPoolRows(x, params, out, argMax, scratch);
          for (long row = from; row < to; row++) {
            worker.run(row);
          }
        });
  }

  @Override
  protected void runMaxPoolBackward(Tensor argMax, Tensor dOut, PoolingParams params, Gradient dx) {
    if (dOut.size() == 0) {
      return;
    }
    MaxPoolBlocks blocks = new MaxPoolBlocks(argMax, dOut, params, dx);
    parallel.forChunks(
        blocks.count(),
        Math.max(1, Tiling.CHUNK / blocks.elements()),
        (scratch, _, from, to) -> {
          for (long block = from; block < to; block++) {
            blocks.run(block, scratch);
          }
        });
  }

  @Override
  protected void runGlobalAverage(Tensor x, Tensor out) {
    images.average(x, out);
  }

  @Override
  protected void runGlobalAverageBackward(Tensor dOut, Gradient dx) {
    images.averageBackward(dOut, dx);
  }
}
