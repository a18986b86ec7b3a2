package dev.multibox.backend.cuda;

import dev.multibox.backend.Gradient;
import dev.multibox.backend.cuda.driver.Launch;
import dev.multibox.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/** {@code channels.cu}: the elementwise ops between channels. */
final class CudaChannels {
  private final KernelFamily kernels;
  private final ColumnSums columns;

  CudaChannels(KernelFamily kernels, ColumnSums columns) {
    this.kernels = kernels;
    this.columns = columns;
  }

  void scale(Tensor x, Tensor scale, Tensor out) {
    if (x.size() > 0) {
      RowBlocks.launchImages(kernels, "scale_channels", x)
          .arg(x.address())
          .arg(scale.address())
          .arg(out.address())
          .run(kernels.stream());
    }
  }

  void scaleBackward(
      Tensor x, Tensor scale, Tensor dOut, @Nullable Gradient dx, @Nullable Gradient dScale) {
    if (scale.size() == 0) {
      return;
    }
    ColumnSums.Parts parts = columns.partsOfImages(x);
    if (parts.parts() > 0) {
      ColumnSums.firstStageOfImages(kernels, "scale_channels_backward", x, parts)
          .arg(x.address())
          .arg(scale.address())
          .arg(dOut.address())
          .arg(dx == null ? 0L : dx.tensor().address())
          .arg(dx != null && dx.adds() ? 1 : 0)
          .arg(parts.partial())
          .run(kernels.stream());
    }
    if (dScale != null) {
      columns.joinImages(parts, 1, dScale);
    }
  }

  void join(Tensor a, int fromA, Tensor b, int fromB, Tensor out) {
    if (out.size() > 0) {
      perRow("join_channels", out)
          .arg(a.address())
          .arg(a.shape().intDim(-1))
          .arg(fromA)
          .arg(b.address())
          .arg(b.shape().intDim(-1))
          .arg(fromB)
          .arg(out.address())
          .run(kernels.stream());
    }
  }

  /** The gradient of one part, {@code count} channels of dOut from {@code first} on. */
  void part(Tensor dOut, int first, int count, Gradient part) {
    Tensor target = part.tensor();
    if (target.size() > 0) {
      perRow("join_channels_backward", target)
          .arg(dOut.address())
          .arg(dOut.shape().intDim(-1))
          .arg(first)
          .arg(count)
          .arg(target.address())
          .arg(part.adds() ? 1 : 0)
          .run(kernels.stream());
    }
  }

  /** A block for each row of {@code written}, and its channels as the first argument. */
  private Launch perRow(String op, Tensor written) {
    return kernels
        .launch(op, written.dtype())
        .grid(written.shape().rows())
        .arg(written.shape().intDim(-1));
  }
}
