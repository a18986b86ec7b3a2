package dev.multibox.backend.cuda;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import dev.multibox.backend.ImageKernels;
import dev.multibox.backend.ImagePlan;
import dev.multibox.backend.ImagePlan.Resize;
import dev.multibox.backend.Normalisation;
import dev.multibox.backend.ResizeTaps;
import dev.multibox.tensor.Shape;
import dev.multibox.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;

/** {@code image.cu}. */
final class CudaImageKernels extends ImageKernels {
  /** Columns and rows of a block's tile of output pixels. */
  private static final int TILE_WIDTH = 32;

  private static final int TILE_HEIGHT = 8;
  private static final int CHANNELS = 3;

  private final KernelFamily kernels;
  private final TableUpload upload;
  private final MemorySegment normal = Arena.ofAuto().allocate(JAVA_INT, 3L * CHANNELS);

  CudaImageKernels(KernelFamily kernels, TableUpload upload) {
    this.kernels = kernels;
    this.upload = upload;
  }

  @Override
  protected void runExpect(Tensor out) {
    kernels.workspace().take(PlanTable.roomFor(out.shape()));
  }

  @Override
  protected void runPrepare(
      List<Tensor> images, List<ImagePlan> plans, Normalisation normalisation, Tensor out) {
    if (out.size() == 0) {
      return;
    }
    int height = out.shape().intDim(1);
    int width = out.shape().intDim(2);
    PlanTable table = new PlanTable(images, plans, width, height);
    long address = upload.send(table.bytes(), table::write);
    if (table.takesMeans()) {
      kernels
          .launch("image_greys")
          .grid(images.size(), PlanTable.GREY_PARTS, 1)
          .arg(address)
          .arg(address + table.stepsAt())
          .arg(address + table.greysAt())
          .run(kernels.stream());
    }
    int tiles = Math.ceilDiv(width, TILE_WIDTH) * Math.ceilDiv(height, TILE_HEIGHT);
    kernels
        .byWidth("image_prepare", out)
        .block(TILE_WIDTH, TILE_HEIGHT, 1)
        .grid(images.size(), tiles, 1)
        .arg(address)
        .arg(address + table.stepsAt())
        .arg(address + table.tapsAt())
        .arg(address + table.greysAt())
        .arg(structure(normalisation))
        .arg(height)
        .arg(width)
        .arg(out.shape().intDim(3))
        .arg(out.address())
        .run(kernels.stream());
  }

  /** Mean and scale of each channel of the output, and the channel of the image that it is. */
  private MemorySegment structure(Normalisation normalisation) {
    float[] mean = {normalisation.meanRed(), normalisation.meanGreen(), normalisation.meanBlue()};
    float[] scale = {
      normalisation.scaleRed(), normalisation.scaleGreen(), normalisation.scaleBlue()
    };
    for (int c = 0; c < CHANNELS; c++) {
      int source =
          switch (normalisation.order()) {
            case RGB -> c;
            case BGR -> CHANNELS - 1 - c;
          };
      normal.setAtIndex(JAVA_FLOAT, c, mean[source]);
      normal.setAtIndex(JAVA_FLOAT, CHANNELS + c, scale[source]);
      normal.setAtIndex(JAVA_INT, 2 * CHANNELS + c, source);
    }
    return normal;
  }

  @Override
  protected void runResizeBilinear(Tensor x, Tensor out) {
    if (out.size() == 0) {
      return;
    }
    Shape in = x.shape();
    Shape to = out.shape();
    ResizeTaps down = ResizeTaps.of(Resize.BILINEAR, in.intDim(1), to.intDim(1));
    ResizeTaps across = ResizeTaps.of(Resize.BILINEAR, in.intDim(2), to.intDim(2));
    long downBytes = PlanTable.bytes(down);
    long address =
        upload.send(
            downBytes + PlanTable.bytes(across),
            table -> {
              PlanTable.write(down, table, 0);
              PlanTable.write(across, table, downBytes);
            });
    long threads = to.dim(1) * to.dim(2) * KernelFamily.packs(out);
    kernels
        .byWidth("image_resize", out)
        .grid(to.dim(0), KernelFamily.blocks(threads, 1), 1)
        .arg(address)
        .arg(address + downBytes)
        .arg(in.intDim(1))
        .arg(in.intDim(2))
        .arg(to.intDim(1))
        .arg(to.intDim(2))
        .arg(to.intDim(3))
        .arg(x.address())
        .arg(out.address())
        .run(kernels.stream());
  }
}
