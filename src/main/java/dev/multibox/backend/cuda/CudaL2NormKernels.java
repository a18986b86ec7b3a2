package dev.multibox.backend.cuda;

import dev.multibox.backend.Gradient;
import dev.multibox.backend.L2NormKernels;
import dev.multibox.backend.cuda.ColumnSums.Parts;
import dev.multibox.tensor.Tensor;

/** {@code l2norm.cu}. */
final class CudaL2NormKernels extends L2NormKernels {
  /** Rows of a block in forward: four of each of its warps, which read the scales once. */
  private static final int ROWS = 4 * KernelFamily.THREADS / 32;

  /** Up to so many channels stay in registers, and with them the sums down the columns. */
  private static final int KEPT_CHANNELS = 512;

  private final KernelFamily kernels;
  private final ColumnSums columns;

  CudaL2NormKernels(KernelFamily kernels, ColumnSums columns) {
    this.kernels = kernels;
    this.columns = columns;
  }

  @Override
  protected void runForward(
      Tensor x, Tensor scale, Guard guard, float epsilon, Tensor norm, Tensor out) {
    if (x.size() > 0) {
      kernels
          .byWidth("l2norm_forward", x)
          .grid(Math.ceilDiv(x.shape().rows(), ROWS))
          .arg(x.shape().rows())
          .arg(x.shape().intDim(-1))
          .arg(ROWS)
          .arg(x.address())
          .arg(scale.address())
          .arg(code(guard))
          .arg(epsilon)
          .arg(norm.address())
          .arg(out.address())
          .run(kernels.stream());
    }
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
    Parts parts = columns.parts(x, 1);
    if (x.size() > 0) {
      boolean isWide = x.shape().dim(-1) > KEPT_CHANNELS;
      kernels
          .byWidth("l2norm_backward", x)
          .grid(parts.parts())
          .arg(parts.rows())
          .arg(parts.channels())
          .arg(parts.rowsEach())
          .arg(x.address())
          .arg(scale.address())
          .arg(code(guard))
          .arg(epsilon)
          .arg(norm.address())
          .arg(dOut.address())
          .arg(dx.tensor().address())
          .arg(dx.adds() ? 1 : 0)
          .arg(isWide ? 0L : parts.partial())
          .run(kernels.stream());
      if (isWide) {
        ColumnSums.firstStage(kernels, "l2norm_scale_backward", x, parts)
            .arg(x.address())
            .arg(norm.address())
            .arg(dOut.address())
            .arg(parts.partial())
            .run(kernels.stream());
      }
    }
    columns.join(parts, 1, dScale);
  }

  /** The number of {@code l2norm.cu}. */
  private static int code(Guard guard) {
    return switch (guard) {
      case ADD_TO_SQUARES -> 0;
      case ADD_TO_NORM -> 1;
      case LARGER_OF -> 2;
    };
  }
}
