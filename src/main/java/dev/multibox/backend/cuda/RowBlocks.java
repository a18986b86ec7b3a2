package dev.multibox.backend.cuda;

import dev.multibox.backend.cuda.driver.Launch;
import dev.multibox.tensor.Tensor;

/** Kernels that give a block some whole rows of {@code x [..., C]}. */
final class RowBlocks {
  /** Rows a thread goes down: what belongs to its channels is read once for so many. */
  private static final int ROWS_A_THREAD = 16;

  private RowBlocks() {}

  /** Its grid, and {@code rows, channels, rowsEach} as its first arguments; x is not empty. */
  static Launch launch(KernelFamily family, String op, Tensor x) {
    return launch(family.byWidth(op, x), KernelFamily.packs(x), x, x.shape().rows(), 1);
  }

  /**
   * The same for rows of {@code x [N, H, W, C]} that belong to one image: the images are the third
   * axis of the grid, and {@code rows} are those of an image.
   */
  static Launch launchImages(KernelFamily family, String op, Tensor x) {
    long pixels = x.shape().dim(1) * x.shape().dim(2);
    return launch(family.byWidth(op, x), KernelFamily.packs(x), x, pixels, x.shape().dim(0));
  }

  /** The same for a kernel that has a mask of {@code x}. */
  static Launch launchMasked(KernelFamily family, String op, Tensor x) {
    Launch masked = ColumnSums.masked(family, op, x);
    return launch(masked, ColumnSums.maskedPacks(x), x, x.shape().rows(), 1);
  }

  private static Launch launch(Launch launch, int packs, Tensor x, long rows, long images) {
    int sideBySide = KernelFamily.THREADS / Math.min(packs, KernelFamily.THREADS);
    int each = ROWS_A_THREAD * sideBySide;
    return launch
        .grid(Math.ceilDiv(rows, each), Math.ceilDiv(packs, KernelFamily.THREADS), images)
        .arg(rows)
        .arg(x.shape().intDim(-1))
        .arg(each);
  }
}
