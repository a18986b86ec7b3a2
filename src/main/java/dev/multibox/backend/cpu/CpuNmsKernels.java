package dev.multibox.backend.cpu;

import static java.lang.foreign.ValueLayout.JAVA_INT;

import dev.multibox.backend.BoxCoding;
import dev.multibox.backend.Detections;
import dev.multibox.backend.HeadOutputs;
import dev.multibox.backend.NmsKernels;
import dev.multibox.backend.NmsParams;
import dev.multibox.backend.Priors;
import dev.multibox.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/** Suppression of one set of boxes; the end of inference is in {@link Detector}. */
final class CpuNmsKernels extends NmsKernels {
  private final BoxColumns kept = new BoxColumns();
  private final Parallel parallel;
  private final Detector detector;

  CpuNmsKernels(Parallel parallel) {
    this.parallel = parallel;
    detector = new Detector(parallel);
  }

  @Override
  protected void runNms(
      Tensor boxes,
      Tensor scores,
      float iouThreshold,
      NmsParams.Overlap overlap,
      Tensor keep,
      Tensor count) {
    int size = scores.shape().intDim(0);
    float[] corners = new float[4 * size];
    float[] values = new float[size];
    FloatStretch.read(parallel.shared(), boxes, 0, 4 * size, corners);
    FloatStretch.read(parallel.shared(), scores, 0, size, values);
    long[] keys = new long[size];
    for (int i = 0; i < size; i++) {
      keys[i] = Ranking.nanLast(values[i], i);
    }
    Arrays.sort(keys);
    Suppression suppression = new Suppression(iouThreshold, overlap, size);
    int left = suppression.run(keys, size, corners, 0, kept);
    int[] indices = new int[size];
    for (int i = 0; i < size; i++) {
      indices[i] = i < left ? Ranking.index(keys[i]) : -1;
    }
    MemorySegment.copy(indices, 0, keep.host(), JAVA_INT, 0, size);
    count.host().setAtIndex(JAVA_INT, 0, left);
  }

  @Override
  protected void runDetect(
      HeadOutputs heads,
      Priors priors,
      BoxCoding coding,
      NmsParams params,
      float imageWidth,
      float imageHeight,
      Detections out) {
    detector.detect(heads, priors, coding, params, imageWidth, imageHeight, out);
  }
}
