package dev.multibox.backend.dry;

import dev.multibox.backend.BoxCoding;
import dev.multibox.backend.BoxKernels;
import dev.multibox.backend.MatchParams;
import dev.multibox.backend.Priors;
import dev.multibox.tensor.Tensor;

/** Tells of the tensors of each call. */
final class DryBoxKernels extends BoxKernels {
  private final Touches touches;

  DryBoxKernels(Touches touches) {
    this.touches = touches;
  }

  @Override
  protected void runIou(Tensor a, Tensor b, Tensor out) {
    touches.tell(a, b, out);
  }

  @Override
  protected void runMatch(
      Priors priors,
      Tensor boxes,
      Tensor labels,
      Tensor counts,
      MatchParams params,
      BoxCoding coding,
      Tensor matched,
      Tensor classTargets,
      Tensor offsetTargets) {
    touches.tell(
        priors.corners(),
        priors.centres(),
        boxes,
        labels,
        counts,
        matched,
        classTargets,
        offsetTargets);
  }

  @Override
  protected void runEncode(Tensor boxes, Priors priors, BoxCoding coding, Tensor offsets) {
    touches.tell(boxes, priors.corners(), priors.centres(), offsets);
  }

  @Override
  protected void runDecode(Tensor offsets, Priors priors, BoxCoding coding, Tensor boxes) {
    touches.tell(offsets, priors.corners(), priors.centres(), boxes);
  }
}
