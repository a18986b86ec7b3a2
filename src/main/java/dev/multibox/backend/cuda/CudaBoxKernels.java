package dev.multibox.backend.cuda;

import dev.multibox.backend.BoxCoding;
import dev.multibox.backend.BoxKernels;
import dev.multibox.backend.MatchParams;
import dev.multibox.backend.MatchParams.Comparison;
import dev.multibox.backend.MatchParams.Tie;
import dev.multibox.backend.Priors;
import dev.multibox.backend.cuda.driver.Launch;
import dev.multibox.tensor.Tensor;

/** {@code box.cu}. */
final class CudaBoxKernels extends BoxKernels {
  private final KernelFamily kernels;
  private final CodingStruct coding = new CodingStruct();

  CudaBoxKernels(KernelFamily kernels) {
    this.kernels = kernels;
  }

  /** One row of blocks for each of {@code images}, a thread for each of {@code each}. */
  private Launch perImage(String kernel, long images, int each) {
    return kernels
        .launch(kernel)
        .grid(images, Math.ceilDiv(each, KernelFamily.THREADS), 1)
        .arg(each);
  }

  @Override
  protected void runIou(Tensor a, Tensor b, Tensor out) {
    if (out.size() > 0) {
      perImage("iou", a.shape().dim(0), b.shape().intDim(0))
          .arg(a.address())
          .arg(b.address())
          .arg(out.address())
          .run(kernels.stream());
    }
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
    if (matched.size() == 0) {
      return;
    }
    long images = boxes.shape().dim(0);
    int most = boxes.shape().intDim(1);
    int lastWins = params.tie() == Tie.LAST ? 1 : 0;
    long bytes = Math.max(1, images * most * Long.BYTES);
    long keys = kernels.workspace().take(bytes);
    kernels.stream().fill(keys, bytes, (byte) 0);
    perImage("match_sweep", images, priors.count())
        .arg(most)
        .arg(priors.corners().address())
        .arg(boxes.address())
        .arg(counts.address())
        .arg(params.iouEpsilon())
        .arg(lastWins)
        .arg(matched.address())
        .arg(classTargets.address())
        .arg(keys)
        .run(kernels.stream());
    if (most > 0) {
      force(priors, boxes, counts, params, lastWins, keys, matched);
    }
    perImage("match_decide", images, priors.count())
        .arg(most)
        .arg(priors.centres().address())
        .arg(boxes.address())
        .arg(labels.address())
        .arg(counts.address())
        .arg(params.threshold())
        .arg(params.negativeThreshold())
        .arg(params.comparison() == Comparison.AT_LEAST ? 1 : 0)
        .arg(this.coding.of(coding))
        .arg(matched.address())
        .arg(classTargets.address())
        .arg(offsetTargets.address())
        .run(kernels.stream());
  }

  private void force(
      Priors priors,
      Tensor boxes,
      Tensor counts,
      MatchParams params,
      int lastWins,
      long keys,
      Tensor matched) {
    long images = boxes.shape().dim(0);
    int most = boxes.shape().intDim(1);
    switch (params.forced()) {
      case GREEDY_BIPARTITE ->
          kernels
              .launch("match_bipartite")
              .grid(images)
              .arg(priors.count())
              .arg(most)
              .arg(priors.corners().address())
              .arg(boxes.address())
              .arg(counts.address())
              .arg(params.iouEpsilon())
              .arg(lastWins)
              .arg(keys)
              .arg(matched.address())
              .run(kernels.stream());
      case EACH_BEST ->
          kernels
              .launch("match_each_best")
              .grid(images, Math.ceilDiv(most, KernelFamily.THREADS), 1)
              .arg(priors.count())
              .arg(most)
              .arg(counts.address())
              .arg(lastWins)
              .arg(keys)
              .arg(matched.address())
              .run(kernels.stream());
      case NONE -> {}
    }
  }

  @Override
  protected void runEncode(Tensor boxes, Priors priors, BoxCoding coding, Tensor offsets) {
    if (boxes.size() > 0) {
      perImage("encode", 1, priors.count())
          .arg(boxes.address())
          .arg(priors.centres().address())
          .arg(this.coding.of(coding))
          .arg(offsets.address())
          .run(kernels.stream());
    }
  }

  @Override
  protected void runDecode(Tensor offsets, Priors priors, BoxCoding coding, Tensor boxes) {
    if (offsets.size() > 0) {
      perImage("decode", offsets.shape().dim(0), priors.count())
          .arg(offsets.address())
          .arg(priors.centres().address())
          .arg(this.coding.of(coding))
          .arg(boxes.address())
          .run(kernels.stream());
    }
  }
}
