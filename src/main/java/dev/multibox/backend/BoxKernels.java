package dev.multibox.backend;

import dev.multibox.tensor.DType;
import dev.multibox.tensor.Shape;
import dev.multibox.tensor.Tensor;

/**
 * Boxes against priors: IoU, matching, encoding, decoding. None of them has a gradient. Boxes are
 * in corner form; any unit will do as long as boxes and priors share it. Boxes and offsets are F32
 * alone: F16 cannot tell pixels of a large image apart.
 */
public abstract class BoxKernels {
  private static final String IOU = "iou";
  private static final String MATCH = "match";
  private static final String ENCODE = "encode";
  private static final String DECODE = "decode";

  /**
   * {@code out[i,j] = |a_i ∩ b_j| / |a_i ∪ b_j|} (Jaccard); 0 where the union is 0, and where a
   * coordinate is NaN.
   *
   * @param a {@code [A, 4]} F32
   * @param b {@code [B, 4]} F32
   * @param out {@code [A, B]} F32
   */
  public final void iou(Tensor a, Tensor b, Tensor out) {
    checkBoxes(IOU, "a", a);
    checkBoxes(IOU, "b", b);
    Checks.shape(IOU, "out", out, a.shape().dim(0), b.shape().dim(0));
    Checks.dtype(IOU, DType.F32, out);
    runIou(a, b, out);
    out.markWritten();
  }

  /**
   * Assigns ground truth to priors and encodes it, without an IoU matrix in memory.
   *
   * @param boxes {@code [N, G, 4]} F32; of image n the first {@code counts[n]} count
   * @param labels {@code [N, G]} I32, at least 1
   * @param counts {@code [N]} I32, 0 to G
   * @param matched {@code [N, P]} I32, overwritten with the ground truth of a positive prior, else
   *     -1
   * @param classTargets {@code [N, P]} I32, overwritten with the label of a positive prior, 0 for a
   *     negative one, -1 for one that is ignored
   * @param offsetTargets {@code [N, P, 4]} F32, overwritten with {@link #encode} of a positive
   *     prior's ground truth, zeros elsewhere
   */
  public final void match(
      Priors priors,
      Tensor boxes,
      Tensor labels,
      Tensor counts,
      MatchParams params,
      BoxCoding coding,
      Tensor matched,
      Tensor classTargets,
      Tensor offsetTargets) {
    Checks.rank(MATCH, "boxes", boxes, 3);
    long batch = boxes.shape().dim(0);
    long most = boxes.shape().dim(1);
    Checks.shape(MATCH, "boxes", boxes, batch, most, 4);
    Checks.shape(MATCH, "labels", labels, batch, most);
    Checks.shape(MATCH, "counts", counts, batch);
    Checks.shape(MATCH, "matched", matched, batch, priors.count());
    Checks.shape(MATCH, "classTargets", classTargets, batch, priors.count());
    Checks.shape(MATCH, "offsetTargets", offsetTargets, batch, priors.count(), 4);
    Checks.dtype(MATCH, DType.F32, boxes, offsetTargets);
    Checks.dtype(MATCH, DType.I32, labels, counts, matched, classTargets);
    runMatch(priors, boxes, labels, counts, params, coding, matched, classTargets, offsetTargets);
    matched.markWritten();
    classTargets.markWritten();
    offsetTargets.markWritten();
  }

  /**
   * Offsets of {@code boxes[i]} from prior {@code i}; formula in {@link BoxCoding}. A box without
   * extent gives minus infinity or NaN, as the formula does: readers of data refuse such boxes.
   *
   * @param boxes {@code [P, 4]} F32
   * @param offsets {@code [P, 4]} F32, overwritten
   */
  public final void encode(Tensor boxes, Priors priors, BoxCoding coding, Tensor offsets) {
    Checks.sameShape(ENCODE, priors.corners(), boxes, offsets);
    Checks.dtype(ENCODE, DType.F32, boxes, offsets);
    runEncode(boxes, priors, coding, offsets);
    offsets.markWritten();
  }

  /**
   * The inverse of {@link #encode}, for {@code [N, P, 4]} offsets.
   *
   * @param boxes {@code [N, P, 4]} F32, overwritten with corners
   */
  public final void decode(Tensor offsets, Priors priors, BoxCoding coding, Tensor boxes) {
    Checks.rank(DECODE, "offsets", offsets, 3);
    Checks.shape(DECODE, "offsets", offsets, Shape.of(offsets.shape().dim(0), priors.count(), 4));
    Checks.sameShape(DECODE, offsets, boxes);
    Checks.dtype(DECODE, DType.F32, offsets, boxes);
    runDecode(offsets, priors, coding, boxes);
    boxes.markWritten();
  }

  private static void checkBoxes(String op, String name, Tensor boxes) {
    Checks.rank(op, name, boxes, 2);
    Checks.shape(op, name, boxes, boxes.shape().dim(0), 4);
    Checks.dtype(op, DType.F32, boxes);
  }

  protected abstract void runIou(Tensor a, Tensor b, Tensor out);

  protected abstract void runMatch(
      Priors priors,
      Tensor boxes,
      Tensor labels,
      Tensor counts,
      MatchParams params,
      BoxCoding coding,
      Tensor matched,
      Tensor classTargets,
      Tensor offsetTargets);

  protected abstract void runEncode(Tensor boxes, Priors priors, BoxCoding coding, Tensor offsets);

  protected abstract void runDecode(Tensor offsets, Priors priors, BoxCoding coding, Tensor boxes);
}
