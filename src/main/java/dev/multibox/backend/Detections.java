package dev.multibox.backend;

import dev.multibox.tensor.DType;
import dev.multibox.tensor.Tensor;

/**
 * Where {@link NmsKernels#detect} writes; {@code T} is {@link NmsParams#capacity}. Image n has
 * {@code counts[n]} detections, best first; what stands behind them is zero.
 *
 * @param boxes {@code [N, T, 4]} F32 corners
 * @param scores {@code [N, T]} F32
 * @param labels {@code [N, T]} I32, at least 1
 * @param counts {@code [N]} I32
 */
public record Detections(Tensor boxes, Tensor scores, Tensor labels, Tensor counts) {
  private static final String OP = "detections";

  public Detections {
    Checks.rank(OP, "scores", scores, 2);
    Checks.sameShape(OP, scores, labels);
    Checks.shape(OP, "boxes", boxes, scores.shape().dim(0), scores.shape().dim(1), 4);
    Checks.shape(OP, "counts", counts, scores.shape().dim(0));
    Checks.dtype(OP, DType.F32, boxes, scores);
    Checks.dtype(OP, DType.I32, labels, counts);
  }
}
