package dev.multibox.backend.cuda;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import dev.multibox.backend.Gradient;
import dev.multibox.backend.HeadLayout;
import dev.multibox.backend.HeadOutputs;
import dev.multibox.backend.LossParams;
import dev.multibox.backend.LossParams.Localisation;
import dev.multibox.backend.LossParams.Normaliser;
import dev.multibox.backend.MiningParams;
import dev.multibox.backend.MiningParams.Shortage;
import dev.multibox.backend.cuda.driver.DeviceProperties;
import dev.multibox.backend.cuda.driver.Launch;
import dev.multibox.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** {@code multibox.cu}: a launch for each level, then one for the images, then one for all. */
final class CudaMultiboxLoss {
  private static final int MINE_THREADS = 512;
  private static final int IMAGE_SUMS_BYTES = 16;
  private static final int WARP = 32;

  /** Floats that a row of the gradient's kernel takes beside its classes: a sector of halves. */
  private static final int ROW_EXTRA = 16;

  private final KernelFamily kernels;
  private final int mostSharedBytes;
  private final SharedRows rows = new SharedRows();
  private final MemorySegment level = Arena.ofAuto().allocate(JAVA_INT, 7);
  private final MemorySegment localisation = Arena.ofAuto().allocate(JAVA_INT, 3);
  private final MemorySegment mining = Arena.ofAuto().allocate(JAVA_INT, 3);

  CudaMultiboxLoss(KernelFamily kernels, DeviceProperties device) {
    this.kernels = kernels;
    mostSharedBytes = device.optInSharedBytesPerBlock();
  }

  void forward(
      HeadOutputs heads,
      Tensor classTargets,
      Tensor offsetTargets,
      LossParams params,
      Tensor priorLosses,
      Tensor selected,
      Tensor weights,
      Tensor losses) {
    int batch = heads.batch();
    int parts = heads.layouts().stream().mapToInt(CudaMultiboxLoss::blocks).sum();
    // For each image its sums, then the parts of its localisation loss.
    long imageBytes = IMAGE_SUMS_BYTES + (long) parts * Float.BYTES;
    long sums = kernels.workspace().take(Math.max(1, Math.multiplyExact(batch, imageBytes)));
    long partial = sums + (long) batch * IMAGE_SUMS_BYTES;
    if (batch > 0) {
      long at = partial;
      for (int i = 0; i < heads.layouts().size(); i++) {
        priorLosses(heads, i, classTargets, offsetTargets, params, priorLosses, at, parts);
        at += (long) blocks(heads.layouts().get(i)) * Float.BYTES;
      }
      mine(heads, classTargets, params.mining(), priorLosses, partial, parts, selected, sums);
    }
    kernels
        .launch("multibox_join")
        .grid(1)
        .arg(batch)
        .arg(heads.priors())
        .arg(code(params.normaliser()))
        .arg(params.localisationWeight())
        .arg(sums)
        .arg(weights.address())
        .arg(losses.address())
        .run(kernels.stream());
  }

  private static int cells(HeadLayout layout) {
    return SharedRows.cells(layout.classes(), layout.priorsPerCell());
  }

  /** Blocks of an image that {@link #priorLosses} takes. */
  private static int blocks(HeadLayout layout) {
    return Math.ceilDiv(layout.height() * layout.width(), cells(layout));
  }

  private void priorLosses(
      HeadOutputs heads,
      int index,
      Tensor classTargets,
      Tensor offsetTargets,
      LossParams params,
      Tensor priorLosses,
      long partial,
      int parts) {
    HeadLayout layout = heads.layouts().get(index);
    Tensor values = heads.levels().get(index);
    int perCell = layout.priorsPerCell();
    Launch launch = kernels.launch("multibox_prior_losses", values.dtype());
    SharedRows.withRoom(launch, cells(layout) * perCell, layout.classes())
        .grid(heads.batch(), blocks(layout), 1)
        .arg(structure(layout, heads.priors()))
        .arg(rows.structure(layout.classes()))
        .arg(cells(layout))
        .arg(values.address())
        .arg(classTargets.address())
        .arg(offsetTargets.address())
        .arg(structure(params))
        .arg(priorLosses.address())
        .arg(partial)
        .arg(parts)
        .run(kernels.stream());
  }

  private void mine(
      HeadOutputs heads,
      Tensor classTargets,
      MiningParams params,
      Tensor priorLosses,
      long partial,
      int parts,
      Tensor selected,
      long sums) {
    Launch launch = kernels.launch("multibox_mine").block(MINE_THREADS);
    long keyBytes = (long) heads.priors() * Integer.BYTES;
    boolean staged = keyBytes <= mostSharedBytes - launch.kernel().attributes().staticSharedBytes();
    SharedRows.withRoom(launch, staged ? (int) keyBytes : 0)
        .grid(heads.batch())
        .arg(heads.priors())
        .arg(structure(params))
        .arg(staged ? 1 : 0)
        .arg(classTargets.address())
        .arg(priorLosses.address())
        .arg(partial)
        .arg(parts)
        .arg(selected.address())
        .arg(sums)
        .run(kernels.stream());
  }

  /** The gradient of one level. */
  void backward(
      HeadOutputs heads,
      int index,
      Tensor classTargets,
      Tensor offsetTargets,
      LossParams params,
      Tensor selected,
      Tensor weights,
      Tensor dLoss,
      Gradient gradient) {
    if (heads.batch() == 0) {
      return;
    }
    HeadLayout layout = heads.layouts().get(index);
    Tensor values = heads.levels().get(index);
    if (!gradient.adds()) {
      kernels.stream().fill(gradient.tensor().address(), gradient.tensor().bytes(), (byte) 0);
    }
    int warps = SharedRows.warps(layout.classes());
    Launch launch = kernels.launch("multibox_backward", values.dtype()).block(warps * WARP);
    SharedRows.withRoom(launch, warps * (layout.classes() + ROW_EXTRA) * Float.BYTES)
        .grid(heads.batch(), Math.ceilDiv(layout.priors(), warps * WARP), 1)
        .arg(structure(layout, heads.priors()))
        .arg(values.address())
        .arg(classTargets.address())
        .arg(offsetTargets.address())
        .arg(structure(params))
        .arg(selected.address())
        .arg(weights.address())
        .arg(dLoss.address())
        .arg(gradient.tensor().address())
        .arg(gradient.adds() ? 1 : 0)
        .run(kernels.stream());
  }

  private MemorySegment structure(HeadLayout layout, int priors) {
    level.setAtIndex(JAVA_INT, 0, layout.priors());
    level.setAtIndex(JAVA_INT, 1, layout.priorsPerCell());
    level.setAtIndex(JAVA_INT, 2, layout.classes());
    level.setAtIndex(JAVA_INT, 3, layout.channels());
    level.setAtIndex(JAVA_INT, 4, layout.firstPrior());
    level.setAtIndex(JAVA_INT, 5, priors);
    int elements =
        Math.multiplyExact(Math.multiplyExact(layout.height(), layout.width()), layout.channels());
    level.setAtIndex(JAVA_INT, 6, elements);
    return level;
  }

  private MemorySegment structure(LossParams params) {
    localisation.setAtIndex(JAVA_INT, 0, params.localisation() == Localisation.L1 ? 1 : 0);
    localisation.setAtIndex(JAVA_FLOAT, 1, params.beta());
    localisation.setAtIndex(JAVA_FLOAT, 2, params.localisationWeight());
    return localisation;
  }

  private MemorySegment structure(MiningParams params) {
    mining.setAtIndex(JAVA_FLOAT, 0, params.negPosRatio());
    mining.setAtIndex(JAVA_INT, 1, params.minNegatives());
    mining.setAtIndex(JAVA_INT, 2, code(params.shortage()));
    return mining;
  }

  /** The numbers of {@code multibox.cu}. */
  private static int code(Shortage shortage) {
    return switch (shortage) {
      case TAKE_ALL -> 0;
      case COUNT_POSITIVES_AGAIN -> 1;
      case RANK_POSITIVES_AS_ZERO -> 2;
    };
  }

  private static int code(Normaliser normaliser) {
    return switch (normaliser) {
      case BATCH_POSITIVES -> 0;
      case IMAGE_POSITIVES -> 1;
      case ALL_PRIORS -> 2;
    };
  }
}
