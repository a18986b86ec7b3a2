package dev.multibox.backend.cpu;

import dev.multibox.backend.BoxCoding;
import dev.multibox.backend.BoxKernels;
import dev.multibox.backend.MatchParams;
import dev.multibox.backend.Priors;
import dev.multibox.tensor.Tensor;

/** Stub. */
final class CpuBoxKernels extends BoxKernels {
  @SuppressWarnings("UnusedVariable")
  private final Parallel parallel;

  CpuBoxKernels(Parallel parallel) {
    this.parallel = parallel;
  }

  @Override
  protected void runIou(Tensor a, Tensor b, Tensor out) {
    throw new UnsupportedOperationException();
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
    throw new UnsupportedOperationException();
  }

  @Override
  protected void runEncode(Tensor boxes, Priors priors, BoxCoding coding, Tensor offsets) {
    throw new UnsupportedOperationException();
  }

  @Override
  protected void runDecode(Tensor offsets, Priors priors, BoxCoding coding, Tensor boxes) {
    throw new UnsupportedOperationException();
  }
}
