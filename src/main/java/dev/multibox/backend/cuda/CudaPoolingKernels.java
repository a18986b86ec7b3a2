package dev.multibox.backend.cuda;

import static java.lang.foreign.ValueLayout.JAVA_INT;

import dev.multibox.backend.Gradient;
import dev.multibox.backend.PoolingKernels;
import dev.multibox.backend.PoolingParams;
import dev.multibox.backend.cuda.driver.Launch;
import dev.multibox.tensor.Shape;
import dev.multibox.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/** {@code pooling.cu}. */
final class CudaPoolingKernels extends PoolingKernels {
  private final KernelFamily kernels;
  private final ColumnSums columns;
  private final MemorySegment inExtent = Arena.ofAuto().allocate(JAVA_INT, 2);
  private final MemorySegment outExtent = Arena.ofAuto().allocate(JAVA_INT, 2);
  private final MemorySegment window = Arena.ofAuto().allocate(JAVA_INT, 6);

  CudaPoolingKernels(KernelFamily kernels, ColumnSums columns) {
    this.kernels = kernels;
    this.columns = columns;
  }

  @Override
  protected void runMaxPool(Tensor x, PoolingParams params, Tensor out, @Nullable Tensor argMax) {
    if (out.size() > 0) {
      perPixel("max_pool", out, x.shape(), out.shape(), params)
          .arg(x.address())
          .arg(out.address())
          .arg(argMax == null ? 0L : argMax.address())
          .run(kernels.stream());
    }
  }

  @Override
  protected void runMaxPoolBackward(Tensor argMax, Tensor dOut, PoolingParams params, Gradient dx) {
    if (dx.tensor().size() > 0) {
      perPixel("max_pool_backward", dx.tensor(), dx.tensor().shape(), dOut.shape(), params)
          .arg(argMax.address())
          .arg(dOut.address())
          .arg(dx.tensor().address())
          .arg(dx.adds() ? 1 : 0)
          .run(kernels.stream());
    }
  }

  @Override
  protected void runGlobalAverage(Tensor x, Tensor out) {
    if (x.size() > 0) {
      ColumnSums.Parts parts = columns.partsOfImages(x);
      ColumnSums.firstStageOfImages(kernels, "global_average", x, parts)
          .arg(x.address())
          .arg(parts.partial())
          .run(kernels.stream());
      columns.joinImages(parts, (float) parts.rows(), Gradient.overwrite(out));
    }
  }

  @Override
  protected void runGlobalAverageBackward(Tensor dOut, Gradient dx) {
    if (dOut.size() > 0) {
      RowBlocks.launchImages(kernels, "global_average_backward", dx.tensor())
          .arg(dOut.address())
          .arg(dx.tensor().address())
          .arg(dx.adds() ? 1 : 0)
          .run(kernels.stream());
    }
  }

  /** A thread for each pack of {@code written}, and what both kernels take first. */
  private Launch perPixel(String op, Tensor written, Shape in, Shape out, PoolingParams params) {
    long pixels = written.shape().dim(1) * written.shape().dim(2);
    long threads = pixels * KernelFamily.packs(written);
    return kernels
        .byWidth(op, written)
        .grid(written.shape().dim(0), Math.ceilDiv(threads, (long) KernelFamily.THREADS), 1)
        .arg(extent(inExtent, in))
        .arg(extent(outExtent, out))
        .arg(in.intDim(3))
        .arg(structure(params));
  }

  private static MemorySegment extent(MemorySegment structure, Shape shape) {
    structure.setAtIndex(JAVA_INT, 0, shape.intDim(1));
    structure.setAtIndex(JAVA_INT, 1, shape.intDim(2));
    return structure;
  }

  private MemorySegment structure(PoolingParams params) {
    window.setAtIndex(JAVA_INT, 0, params.windowHeight());
    window.setAtIndex(JAVA_INT, 1, params.windowWidth());
    window.setAtIndex(JAVA_INT, 2, params.strideHeight());
    window.setAtIndex(JAVA_INT, 3, params.strideWidth());
    window.setAtIndex(JAVA_INT, 4, params.padHeight());
    window.setAtIndex(JAVA_INT, 5, params.padWidth());
    return window;
  }
}
