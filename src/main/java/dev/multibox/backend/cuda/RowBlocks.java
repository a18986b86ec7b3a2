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
    return launch(family.byWidth(op, x), KernelFamily.packs(x), x);
  }

  /** The same for a kernel that has a mask of {@code x}. */
  static Launch launchMasked(KernelFamily family, String op, Tensor x) {
    return launch(ColumnSums.masked(family, op, x), ColumnSums.maskedPacks(x), x);
  }

  private static Launch launch(Launch launch, int packs, Tensor x) {
    int sideBySide = KernelFamily.THREADS / Math.min(packs, KernelFamily.THREADS);
    int each = ROWS_A_THREAD * sideBySide;
    long rows = x.shape().rows();
    return launch
        .grid(Math.ceilDiv(rows, each), Math.ceilDiv(packs, KernelFamily.THREADS), 1)
        .arg(rows)
        .arg(x.shape().intDim(-1))
        .arg(each);
  }
}
