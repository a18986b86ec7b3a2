package dev.multibox.backend;

import dev.multibox.tensor.DType;
import dev.multibox.tensor.Tensor;

/**
 * Non-maximum suppression, alone and as the end of inference. None of it has a gradient. Boxes and
 * scores are F32; the head outputs that {@link #detect} reads may be F16.
 */
public abstract class NmsKernels {
  private static final String NMS = "nms";
  private static final String DETECT = "detect";

  /**
   * Greedy suppression: by descending score, ties by lower index and NaN scores last, a box is kept
   * unless its IoU with a kept one is over the threshold.
   *
   * @param boxes {@code [M, 4]} F32 corners
   * @param scores {@code [M]} F32
   * @param keep {@code [M]} I32, overwritten with the indices of kept boxes, best first, then -1
   * @param count {@code [1]} I32, overwritten with the number of kept boxes
   */
  public final void nms(
      Tensor boxes,
      Tensor scores,
      float iouThreshold,
      NmsParams.Overlap overlap,
      Tensor keep,
      Tensor count) {
    Checks.rank(NMS, "scores", scores, 1);
    Checks.shape(NMS, "boxes", boxes, scores.size(), 4);
    Checks.sameShape(NMS, scores, keep);
    Checks.shape(NMS, "count", count, 1);
    Checks.dtype(NMS, DType.F32, boxes, scores);
    Checks.dtype(NMS, DType.I32, keep, count);
    Checks.require(
        NMS,
        iouThreshold >= 0 && iouThreshold <= 1,
        "iouThreshold was %s, wanted 0 to 1",
        iouThreshold);
    runNms(boxes, scores, iouThreshold, overlap, keep, count);
    keep.markWritten();
    count.markWritten();
  }

  /**
   * Scores, score filter, top candidates, decoding, suppression class by class, top detections.
   * Candidates of equal score are ordered by prior; detections by descending score, then class,
   * then prior.
   *
   * <p>No score of all classes is kept. What a GPU works in is, for each image, 8 bytes a prior (12
   * with {@code candidatesPerLevel}), a bit for each prior and class, and 20 bytes for each box a
   * class may keep, at most {@code topK}: 17 MB for 100,000 priors and 1,000 classes.
   *
   * @param imageWidth width of the image in the unit of the priors, for clipping; 1 for unit boxes
   * @param imageHeight height of the image in the unit of the priors
   * @param out overwritten
   */
  public final void detect(
      HeadOutputs heads,
      Priors priors,
      BoxCoding coding,
      NmsParams params,
      float imageWidth,
      float imageHeight,
      Detections out) {
    Checks.require(
        DETECT,
        priors.count() == heads.priors(),
        "%d priors for heads of %d",
        priors.count(),
        heads.priors());
    Checks.shape(DETECT, "scores", out.scores(), heads.batch(), params.capacity(heads.classes()));
    runDetect(heads, priors, coding, params, imageWidth, imageHeight, out);
    out.boxes().markWritten();
    out.scores().markWritten();
    out.labels().markWritten();
    out.counts().markWritten();
  }

  protected abstract void runNms(
      Tensor boxes,
      Tensor scores,
      float iouThreshold,
      NmsParams.Overlap overlap,
      Tensor keep,
      Tensor count);

  protected abstract void runDetect(
      HeadOutputs heads,
      Priors priors,
      BoxCoding coding,
      NmsParams params,
      float imageWidth,
      float imageHeight,
      Detections out);
}
