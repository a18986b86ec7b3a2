package dev.multibox.backend.cpu;

import static java.lang.foreign.ValueLayout.JAVA_INT;

import dev.multibox.backend.Gradient;
import dev.multibox.backend.HeadOutputs;
import dev.multibox.backend.LossKernels;
import dev.multibox.backend.LossParams;
import dev.multibox.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.List;

/** The losses row by row over heap tiles; SSD's is in {@link MultiboxLoss}. */
final class CpuLossKernels extends LossKernels {
  private static final int TILE = 2048;

  private final Parallel parallel;

  CpuLossKernels(Parallel parallel) {
    this.parallel = parallel;
  }

  /** What to do with rows {@code [from, from + rows)}, read into {@code tile}. */
  private interface Rows {
    void run(Scratch scratch, float[] tile, long from, int rows);
  }

  private void forRows(Tensor x, Rows body) {
    int classes = x.shape().intDim(1);
    int tileRows = Math.max(1, TILE / Math.max(1, classes));
    parallel.forChunks(
        x.shape().dim(0),
        tileRows,
        (scratch, _, from, to) -> {
          float[] tile = scratch.floats(0, tileRows * classes);
          int rows = (int) (to - from);
          FloatStretch.read(scratch, x, from * classes, rows * classes, tile);
          body.run(scratch, tile, from, rows);
        });
  }

  @Override
  protected void runSoftmax(Tensor x, Tensor out) {
    int classes = x.shape().intDim(1);
    forRows(
        x,
        (scratch, tile, from, rows) -> {
          for (int row = 0; row < rows; row++) {
            Softmax.of(tile, row * classes, classes, tile, row * classes);
          }
          FloatStretch.write(scratch, tile, rows * classes, out, from * classes);
        });
  }

  @Override
  protected void runCrossEntropy(Tensor x, Tensor target, Tensor out) {
    int classes = x.shape().intDim(1);
    forRows(
        x,
        (scratch, tile, from, rows) -> {
          int[] targets = scratch.ints(0, rows);
          float[] losses = scratch.floats(1, rows);
          MemorySegment.copy(target.host(), JAVA_INT, from * Integer.BYTES, targets, 0, rows);
          for (int row = 0; row < rows; row++) {
            losses[row] = Softmax.crossEntropy(tile, row * classes, classes, targets[row]);
          }
          FloatStretch.write(scratch, losses, rows, out, from);
        });
  }

  @Override
  protected void runCrossEntropyBackward(Tensor x, Tensor target, Tensor dOut, Gradient dx) {
    int classes = x.shape().intDim(1);
    forRows(
        x,
        (scratch, tile, from, rows) -> {
          int[] targets = scratch.ints(0, rows);
          float[] scales = scratch.floats(1, rows);
          MemorySegment.copy(target.host(), JAVA_INT, from * Integer.BYTES, targets, 0, rows);
          FloatStretch.read(scratch, dOut, from, rows, scales);
          for (int row = 0; row < rows; row++) {
            Softmax.crossEntropyBackward(tile, row * classes, classes, targets[row], scales[row]);
          }
          FloatStretch.write(scratch, tile, rows * classes, dx, from * classes);
        });
  }

  @Override
  protected void runSmoothL1(Tensor x, Tensor target, float beta, Tensor out) {
    parallel.forChunks(
        x.size(),
        TILE,
        (scratch, _, from, to) -> {
          int count = (int) (to - from);
          float[] error = error(scratch, x, target, from, count);
          for (int i = 0; i < count; i++) {
            error[i] = smoothL1(error[i], beta);
          }
          FloatStretch.write(scratch, error, count, out, from);
        });
  }

  @Override
  protected void runSmoothL1Backward(
      Tensor x, Tensor target, float beta, Tensor dOut, Gradient dx) {
    parallel.forChunks(
        x.size(),
        TILE,
        (scratch, _, from, to) -> {
          int count = (int) (to - from);
          float[] error = error(scratch, x, target, from, count);
          float[] scale = scratch.floats(1, TILE);
          FloatStretch.read(scratch, dOut, from, count, scale);
          for (int i = 0; i < count; i++) {
            error[i] = scale[i] * smoothL1Slope(error[i], beta);
          }
          FloatStretch.write(scratch, error, count, dx, from);
        });
  }

  private static float[] error(Scratch scratch, Tensor x, Tensor target, long from, int count) {
    float[] error = scratch.floats(0, TILE);
    float[] wanted = scratch.floats(1, TILE);
    FloatStretch.read(scratch, x, from, count, error);
    FloatStretch.read(scratch, target, from, count, wanted);
    for (int i = 0; i < count; i++) {
      error[i] -= wanted[i];
    }
    return error;
  }

  static float smoothL1(float error, float beta) {
    float size = Math.abs(error);
    return size < beta ? 0.5f * size * size / beta : size - 0.5f * beta;
  }

  static float smoothL1Slope(float error, float beta) {
    return Math.clamp(error / beta, -1f, 1f);
  }

  @Override
  protected void runMultibox(
      HeadOutputs heads,
      Tensor classTargets,
      Tensor offsetTargets,
      LossParams params,
      Tensor priorLosses,
      Tensor selected,
      Tensor weights,
      Tensor losses) {
    new MultiboxLoss(parallel, heads, classTargets, offsetTargets, params)
        .forward(priorLosses, selected, weights, losses);
  }

  @Override
  protected void runMultiboxBackward(
      HeadOutputs heads,
      Tensor classTargets,
      Tensor offsetTargets,
      LossParams params,
      Tensor selected,
      Tensor weights,
      Tensor dLoss,
      List<Gradient> dHeads) {
    new MultiboxLoss(parallel, heads, classTargets, offsetTargets, params)
        .backward(selected, weights, dLoss, dHeads);
  }
}
