package dev.multibox.backend.dry;

import dev.multibox.backend.BoxCoding;
import dev.multibox.backend.Detections;
import dev.multibox.backend.HeadOutputs;
import dev.multibox.backend.NmsKernels;
import dev.multibox.backend.NmsParams;
import dev.multibox.backend.Priors;
import dev.multibox.tensor.Tensor;

/** Tells of the tensors of each call. */
final class DryNmsKernels extends NmsKernels {
  private final Touches touches;

  DryNmsKernels(Touches touches) {
    this.touches = touches;
  }

  @Override
  protected void runNms(
      Tensor boxes,
      Tensor scores,
      float iouThreshold,
      NmsParams.Overlap overlap,
      Tensor keep,
      Tensor count) {
    touches.tell(boxes, scores, keep, count);
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
    touches.tell(
        heads.levels(),
        priors.corners(),
        priors.centres(),
        out.boxes(),
        out.scores(),
        out.labels(),
        out.counts());
  }
}
