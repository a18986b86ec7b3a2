package dev.multibox.backend.cpu;

import dev.multibox.backend.BoxCoding;
import dev.multibox.backend.Detections;
import dev.multibox.backend.HeadOutputs;
import dev.multibox.backend.NmsKernels;
import dev.multibox.backend.NmsParams;
import dev.multibox.backend.Priors;
import dev.multibox.tensor.Tensor;

/** Stub. */
final class CpuNmsKernels extends NmsKernels {
  @SuppressWarnings("UnusedVariable")
  private final Parallel parallel;

  CpuNmsKernels(Parallel parallel) {
    this.parallel = parallel;
  }

  @Override
  protected void runNms(
      Tensor boxes,
      Tensor scores,
      float iouThreshold,
      NmsParams.Overlap overlap,
      Tensor keep,
      Tensor count) {
    throw new UnsupportedOperationException();
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
    throw new UnsupportedOperationException();
  }
}
