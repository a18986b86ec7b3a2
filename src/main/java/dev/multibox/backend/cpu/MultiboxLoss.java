package dev.multibox.backend.cpu;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import dev.multibox.backend.Gradient;
import dev.multibox.backend.HeadLayout;
import dev.multibox.backend.HeadOutputs;
import dev.multibox.backend.LossKernels;
import dev.multibox.backend.LossParams;
import dev.multibox.backend.LossParams.Localisation;
import dev.multibox.backend.MiningParams;
import dev.multibox.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;

/** One call of {@link LossKernels#multibox} or of its gradient. */
final class MultiboxLoss {
  private static final int TILE = 4096;

  private final Parallel parallel;
  private final HeadOutputs heads;
  private final Tensor classTargets;
  private final Tensor offsetTargets;
  private final LossParams params;
  private final int batch;
  private final int priors;
  private final int classes;

  MultiboxLoss(
      Parallel parallel,
      HeadOutputs heads,
      Tensor classTargets,
      Tensor offsetTargets,
      LossParams params) {
    this.parallel = parallel;
    this.heads = heads;
    this.classTargets = classTargets;
    this.offsetTargets = offsetTargets;
    this.params = params;
    batch = heads.batch();
    priors = heads.priors();
    classes = heads.classes();
  }

  /** What one image adds to the loss, before its weight. */
  private record Sums(int positives, double classification, double localisation) {}

  void forward(Tensor priorLosses, Tensor selected, Tensor weights, Tensor losses) {
    for (int level = 0; level < heads.levels().size(); level++) {
      priorLosses(level, priorLosses);
    }
    Sums[] sums = new Sums[batch];
    parallel.forChunks(
        batch,
        1,
        (scratch, _, from, to) -> {
          for (int n = (int) from; n < to; n++) {
            sums[n] = mine(scratch, n, priorLosses, selected);
          }
        });
    join(sums, weights, losses);
  }

  private void priorLosses(int level, Tensor priorLosses) {
    HeadLayout layout = heads.layouts().get(level);
    MemorySegment targetMemory = classTargets.host();
    forCells(
        layout,
        (scratch, firstCell, cells, firstPrior) -> {
          int count = cells * layout.priorsPerCell();
          float[] tile = scratch.floats(0, cells * layout.channels());
          float[] losses = scratch.floats(1, count);
          int[] targets = scratch.ints(0, count);
          FloatStretch.read(
              scratch,
              heads.levels().get(level),
              firstCell * layout.channels(),
              cells * layout.channels(),
              tile);
          MemorySegment.copy(targetMemory, JAVA_INT, firstPrior * Integer.BYTES, targets, 0, count);
          float[] rows = scratch.floats(2, count * classes);
          for (int i = 0; i < count; i++) {
            Softmax.shift(tile, logits(layout, i), classes, rows, i);
            targets[i] = Objects.checkIndex(Math.max(targets[i], 0), classes);
            losses[i] = rows[i * classes + targets[i]];
          }
          CpuMath.exp(rows, count * classes, scratch);
          for (int i = 0; i < count; i++) {
            losses[i] = CpuMath.log(Softmax.sum(rows, i, classes)) - losses[i];
          }
          FloatStretch.write(scratch, losses, count, priorLosses, firstPrior);
        });
  }

  /** Where in a tile of cells the logits of its prior {@code i} begin. */
  private static int logits(HeadLayout layout, int i) {
    int cell = i / layout.priorsPerCell();
    return cell * layout.channels() + layout.logit(i % layout.priorsPerCell(), 0);
  }

  /** Cells of one image: the first, how many, and the first's prior among all of the batch. */
  private interface Cells {
    void run(Scratch scratch, long firstCell, int cells, long firstPrior);
  }

  private void forCells(HeadLayout layout, Cells body) {
    long perImage = (long) layout.height() * layout.width();
    parallel.forChunks(
        batch * perImage,
        Math.max(1, TILE / layout.channels()),
        (scratch, _, from, to) -> {
          for (long cell = from; cell < to; ) {
            long n = cell / perImage;
            long end = Math.min(to, (n + 1) * perImage);
            long prior =
                n * priors + layout.firstPrior() + (cell - n * perImage) * layout.priorsPerCell();
            body.run(scratch, cell, (int) (end - cell), prior);
            cell = end;
          }
        });
  }

  /** Chooses the negatives of image {@code n} and sums what counts, in the order of the priors. */
  private Sums mine(Scratch scratch, int n, Tensor priorLosses, Tensor selected) {
    float[] losses = scratch.floats(0, priors);
    int[] targets = scratch.ints(0, priors);
    int[] times = scratch.ints(1, priors);
    FloatStretch.read(scratch, priorLosses, (long) n * priors, priors, losses);
    MemorySegment.copy(
        classTargets.host(), JAVA_INT, (long) n * priors * Integer.BYTES, targets, 0, priors);
    int positives = select(scratch, losses, targets, times);
    MemorySegment marks = selected.get(n).host();
    marks.fill((byte) 0);
    double classification = 0;
    double localisation = 0;
    for (int p = 0; p < priors; p++) {
      if (times[p] > 0) {
        marks.set(JAVA_BYTE, p, (byte) times[p]);
        classification += (double) times[p] * losses[p];
      }
    }
    for (int level = 0; level < heads.levels().size(); level++) {
      localisation += localisation(scratch, level, n, targets);
    }
    return new Sums(positives, classification, localisation);
  }

  /** Counts into {@code times} how often each prior's loss counts; returns the positives. */
  private int select(Scratch scratch, float[] losses, int[] targets, int[] times) {
    long[] keys = scratch.longs(priors);
    int positives = 0;
    int candidates = 0;
    Arrays.fill(times, 0, priors, 0);
    for (int p = 0; p < priors; p++) {
      if (targets[p] > 0) {
        times[p] = 1;
        positives++;
      } else if (targets[p] == 0) {
        keys[candidates++] = Ranking.nanFirst(losses[p], p);
      }
    }
    int wanted = wanted(positives);
    switch (params.mining().shortage()) {
      case TAKE_ALL -> {}
      case COUNT_POSITIVES_AGAIN -> {
        for (int p = 0; p < priors && candidates < wanted; p++) {
          if (targets[p] > 0) {
            keys[candidates++] = Ranking.last(p);
          }
        }
      }
      case RANK_POSITIVES_AS_ZERO -> {
        for (int p = 0; p < priors; p++) {
          if (targets[p] > 0) {
            keys[candidates++] = Ranking.nanFirst(0, p);
          }
        }
      }
    }
    int kept = Math.min(wanted, candidates);
    Ranking.select(keys, candidates, kept);
    for (int i = 0; i < kept; i++) {
      times[Ranking.index(keys[i])]++;
    }
    return positives;
  }

  private int wanted(int positives) {
    MiningParams mining = params.mining();
    if (mining.negPosRatio() < 0) {
      return priors;
    }
    return Math.max(mining.minNegatives(), (int) ((double) mining.negPosRatio() * positives));
  }

  private double localisation(Scratch scratch, int level, int n, int[] targets) {
    HeadLayout layout = heads.layouts().get(level);
    float[] offsets = scratch.floats(1, 4);
    float[] wanted = scratch.floats(2, 4);
    double sum = 0;
    for (int i = 0; i < layout.priors(); i++) {
      int p = layout.firstPrior() + i;
      if (targets[p] > 0) {
        FloatStretch.read(scratch, heads.levels().get(level), offsets(layout, n, i), 4, offsets);
        FloatStretch.read(scratch, offsetTargets, 4L * ((long) n * priors + p), 4, wanted);
        for (int j = 0; j < 4; j++) {
          float error = offsets[j] - wanted[j];
          sum +=
              params.localisation() == Localisation.L1
                  ? Math.abs(error)
                  : CpuLossKernels.smoothL1(error, params.beta());
        }
      }
    }
    return sum;
  }

  /** Where in a level the offsets of image {@code n}'s prior {@code i} begin. */
  private static long offsets(HeadLayout layout, long n, int i) {
    int cell = i / layout.priorsPerCell();
    return (n * layout.height() * layout.width() + cell) * (long) layout.channels()
        + layout.offset(i % layout.priorsPerCell(), 0);
  }

  private void join(Sums[] sums, Tensor weights, Tensor losses) {
    long positives = 0;
    for (Sums image : sums) {
      positives += image.positives();
    }
    double classification = 0;
    double localisation = 0;
    for (int n = 0; n < batch; n++) {
      float weight = weight(sums[n].positives(), positives);
      weights.host().setAtIndex(JAVA_FLOAT, n, weight);
      classification += weight * sums[n].classification();
      localisation += weight * sums[n].localisation();
    }
    localisation *= params.localisationWeight();
    MemorySegment memory = losses.host();
    memory.setAtIndex(JAVA_FLOAT, LossKernels.TOTAL, (float) (classification + localisation));
    memory.setAtIndex(JAVA_FLOAT, LossKernels.CLASSIFICATION, (float) classification);
    memory.setAtIndex(JAVA_FLOAT, LossKernels.LOCALISATION, (float) localisation);
  }

  private float weight(int imagePositives, long positives) {
    return switch (params.normaliser()) {
      case BATCH_POSITIVES -> (float) (1.0 / Math.max(1, positives));
      case IMAGE_POSITIVES ->
          imagePositives == 0 ? 0 : (float) (1.0 / ((double) imagePositives * batch));
      case ALL_PRIORS -> (float) (1.0 / ((double) priors * batch));
    };
  }

  void backward(Tensor selected, Tensor weights, Tensor dLoss, List<Gradient> dHeads) {
    float scale = dLoss.host().getAtIndex(JAVA_FLOAT, 0);
    for (int level = 0; level < dHeads.size(); level++) {
      backward(level, selected, weights, scale, dHeads.get(level));
    }
  }

  private void backward(
      int level, Tensor selected, Tensor weights, float scale, Gradient gradient) {
    HeadLayout layout = heads.layouts().get(level);
    MemorySegment marks = selected.host();
    MemorySegment targets = classTargets.host();
    forCells(
        layout,
        (scratch, firstCell, cells, firstPrior) -> {
          if (!gradient.adds()) {
            clear(
                gradient.tensor(), firstCell * layout.channels(), (long) cells * layout.channels());
          }
          float weight = scale * weights.host().getAtIndex(JAVA_FLOAT, firstPrior / priors);
          int count = cells * layout.priorsPerCell();
          byte[] times = scratch.bytes(count);
          int[] target = scratch.ints(0, count);
          MemorySegment.copy(marks, JAVA_BYTE, firstPrior, times, 0, count);
          MemorySegment.copy(targets, JAVA_INT, firstPrior * Integer.BYTES, target, 0, count);
          for (int i = 0; i < count; i++) {
            if (times[i] > 0) {
              long at = firstCell * layout.channels() + logits(layout, i);
              classBackward(scratch, level, at, target[i], times[i] * weight, gradient.tensor());
            }
            if (target[i] > 0) {
              long at = firstCell * layout.channels() + offsets(layout, 0, i);
              offsetBackward(scratch, level, at, firstPrior + i, weight, gradient.tensor());
            }
          }
        });
  }

  private static void clear(Tensor tensor, long from, long count) {
    long bytes = tensor.dtype().bytes();
    tensor.host().asSlice(from * bytes, count * bytes).fill((byte) 0);
  }

  private void classBackward(
      Scratch scratch, int level, long at, int target, float scale, Tensor gradient) {
    float[] row = scratch.floats(0, classes);
    FloatStretch.read(scratch, heads.levels().get(level), at, classes, row);
    Softmax.crossEntropyBackward(row, 0, classes, target, scale);
    FloatStretch.add(scratch, row, classes, gradient, at);
  }

  private void offsetBackward(
      Scratch scratch, int level, long at, long prior, float weight, Tensor gradient) {
    float[] row = scratch.floats(0, 4);
    float[] wanted = scratch.floats(1, 4);
    FloatStretch.read(scratch, heads.levels().get(level), at, 4, row);
    FloatStretch.read(scratch, offsetTargets, 4 * prior, 4, wanted);
    for (int j = 0; j < 4; j++) {
      float error = row[j] - wanted[j];
      float slope =
          params.localisation() == Localisation.L1
              ? Math.signum(error)
              : CpuLossKernels.smoothL1Slope(error, params.beta());
      row[j] = weight * params.localisationWeight() * slope;
    }
    FloatStretch.add(scratch, row, 4, gradient, at);
  }
}
