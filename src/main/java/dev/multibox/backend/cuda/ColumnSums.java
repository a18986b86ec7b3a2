package dev.multibox.backend.cuda;

import dev.multibox.backend.Gradient;
import dev.multibox.backend.cuda.driver.Launch;
import dev.multibox.tensor.Tensor;

/**
 * Sums over the rows of {@code x [..., C]} in two stages, as {@code columns.cuh} describes them:
 * how rows are spread over blocks, where the parts lie, and the second stage.
 */
final class ColumnSums {
  /** The first stage has at most so many parts, whatever the device: the same bits. */
  private static final int MOST_PARTS = 1024;

  private static final int LEAST_ROWS = 64;
  private static final int COLUMNS = 32;

  private final KernelFamily kernels;

  /** {@code kernels} is the family {@code columns}. */
  ColumnSums(KernelFamily kernels) {
    this.kernels = kernels;
  }

  /**
   * How the first stage of a reduction over {@code x} is laid out.
   *
   * @param rows of x, or of one of its images
   * @param channels of x
   * @param rowsEach rows of a block
   * @param parts blocks, at least 0
   * @param partial the address of {@code [parts, sums, C]} F32, or of {@code [N, parts, C]}
   */
  record Parts(long rows, int channels, int rowsEach, int parts, long partial) {}

  /** Room for {@code sums} sums of every channel of {@code x}. */
  Parts parts(Tensor x, int sums) {
    return parts(x.shape().rows(), x.shape().intDim(-1), sums);
  }

  /** Room for a sum of every channel of every image of {@code x [N, H, W, C]}. */
  Parts partsOfImages(Tensor x) {
    long pixels = x.shape().dim(1) * x.shape().dim(2);
    return parts(pixels, x.shape().intDim(3), x.shape().dim(0));
  }

  private Parts parts(long rows, int channels, long sums) {
    int each = Math.toIntExact(Math.max(LEAST_ROWS, Math.ceilDiv(rows, MOST_PARTS)));
    int parts = Math.toIntExact(Math.ceilDiv(rows, each));
    long bytes = Math.multiplyExact(parts * sums * channels, (long) Float.BYTES);
    return new Parts(rows, channels, each, parts, kernels.workspace().take(Math.max(1, bytes)));
  }

  /** A first stage: its grid, and {@code rows, channels, rowsEach} as its first arguments. */
  static Launch firstStage(KernelFamily family, String op, Tensor x, Parts parts) {
    return firstStage(family.byWidth(op, x), KernelFamily.packs(x), parts, 1);
  }

  /** The same for the sums of each image, which are the third axis of the grid. */
  static Launch firstStageOfImages(KernelFamily family, String op, Tensor x, Parts parts) {
    return firstStage(family.byWidth(op, x), KernelFamily.packs(x), parts, x.shape().dim(0));
  }

  /** The same for a kernel that has a mask of {@code x}. */
  static Launch maskedFirstStage(KernelFamily family, String op, Tensor x, Parts parts) {
    return firstStage(masked(family, op, x), maskedPacks(x), parts, 1);
  }

  private static Launch firstStage(Launch launch, int packs, Parts parts, long images) {
    return launch
        .grid(parts.parts(), Math.ceilDiv(packs, KernelFamily.THREADS), images)
        .arg(parts.rows())
        .arg(parts.channels())
        .arg(parts.rowsEach());
  }

  /** The second stage of plain sums: {@code [sums, C]} into {@code out}, or added to it. */
  void join(Parts parts, int sums, Gradient out) {
    int columns = sums * parts.channels();
    perColumn("column_sums", columns)
        .arg(parts.parts())
        .arg(columns)
        .arg(parts.partial())
        .arg(out.tensor().address())
        .arg(out.adds() ? 1 : 0)
        .run(kernels.stream());
  }

  /** The second stage of images' sums: over {@code divisor} into {@code out [N, 1, 1, C]}. */
  void joinImages(Parts parts, float divisor, Gradient out) {
    Tensor target = out.tensor();
    kernels
        .launch("image_sums", target.dtype())
        .block(COLUMNS, KernelFamily.THREADS / COLUMNS, 1)
        .grid(Math.ceilDiv(parts.channels(), COLUMNS), target.shape().dim(0), 1)
        .arg(parts.parts())
        .arg(parts.channels())
        .arg(parts.partial())
        .arg(divisor)
        .arg(target.address())
        .arg(out.adds() ? 1 : 0)
        .run(kernels.stream());
  }

  private Launch perColumn(String kernel, int columns) {
    return perColumn(kernels, kernel, columns);
  }

  /** A second stage: blocks of 32 columns and 8 warps. */
  static Launch perColumn(KernelFamily family, String kernel, int columns) {
    return family
        .launch(kernel)
        .block(COLUMNS, KernelFamily.THREADS / COLUMNS, 1)
        .grid(Math.ceilDiv(columns, COLUMNS));
  }

  /**
   * The kernel of {@code mask.cuh} that moves whole packs where rows divide into bytes of a mask.
   */
  static Launch masked(KernelFamily family, String op, Tensor x) {
    return family.launch(
        KernelFamily.named(op, x.dtype()) + (hasWholeMask(x) ? "_whole" : "_ragged"));
  }

  /** How many packs, or else bytes of a mask, a row has. */
  static int maskedPacks(Tensor x) {
    return hasWholeMask(x) ? KernelFamily.packs(x) : Math.ceilDiv(x.shape().intDim(-1), Byte.SIZE);
  }

  private static boolean hasWholeMask(Tensor x) {
    return x.shape().dim(-1) % Byte.SIZE == 0;
  }
}
