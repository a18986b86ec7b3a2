package dev.multibox.backend.cpu;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import dev.multibox.backend.MatchParams;
import dev.multibox.backend.MatchParams.Comparison;
import dev.multibox.backend.MatchParams.Forced;
import dev.multibox.backend.MatchParams.Tie;
import dev.multibox.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/**
 * Matches the ground truth of one image: one sweep over priors and boxes finds the best box of each
 * prior and the best prior of each box, and keeps no IoU but these.
 */
final class ImageMatcher {
  /** The ground truth of a batch. */
  record Truth(Tensor boxes, Tensor labels, Tensor counts) {
    int count(long n) {
      return counts.host().getAtIndex(JAVA_INT, n);
    }

    int label(long n, int g) {
      return labels.host().getAtIndex(JAVA_INT, n * boxes.shape().dim(1) + g);
    }
  }

  /** What Caffe asks of two boxes before it takes them to overlap. */
  private static final float LEAST_OVERLAP = 1e-6f;

  private static final int NONE = -1;
  private static final int NEGATIVE = 0;
  private static final int IGNORED = -1;

  private final BoxColumns priors;
  private final MatchParams params;
  private final BoxCoder coder;
  private final Truth truth;
  private final long n;
  private final int priorCount;
  private final int count;
  private final float[] corners;

  /** For each prior its largest IoU and the first box that has it. */
  private final float[] bestIou;

  private final int[] bestBox;

  /** For each box its largest IoU and the prior that has it, by the tie rule. */
  private final float[] top;

  private final int[] topPrior;

  /** For each prior the box that takes it whatever the threshold. */
  private final int[] forced;

  private final int[] targets;
  private final float[] code;

  ImageMatcher(
      BoxColumns priors, MatchParams params, BoxCoder coder, Truth truth, long n, Scratch scratch) {
    this.priors = priors;
    this.params = params;
    this.coder = coder;
    this.truth = truth;
    this.n = n;
    priorCount = priors.count();
    count = truth.count(n);
    corners = scratch.floats(0, 4 * count);
    bestIou = scratch.floats(1, priorCount);
    top = scratch.floats(2, count);
    bestBox = scratch.ints(0, priorCount);
    topPrior = scratch.ints(1, count);
    forced = scratch.ints(2, priorCount);
    targets = scratch.ints(3, priorCount);
    code = scratch.floats(3, 4);
    FloatStretch.read(
        scratch, truth.boxes(), n * truth.boxes().shape().dim(1) * 4, 4 * count, corners);
  }

  /** Overwrites this image's {@code matched [P]}, {@code classes [P]} and {@code [P, 4]}. */
  void match(Tensor matched, Tensor classes, Tensor offsets) {
    sweep();
    Arrays.fill(forced, 0, priorCount, NONE);
    if (priorCount > 0) {
      force();
    }
    decide();
    MemorySegment.copy(bestBox, 0, matched.host(), JAVA_INT, 0, priorCount);
    MemorySegment.copy(targets, 0, classes.host(), JAVA_INT, 0, priorCount);
    encode(offsets.host());
  }

  private void sweep() {
    Arrays.fill(bestIou, 0, priorCount, 0);
    Arrays.fill(bestBox, 0, priorCount, 0);
    for (int g = 0; g < count; g++) {
      Corners box = Corners.of(corners, 4 * g);
      top[g] = 0;
      topPrior[g] = params.tie() == Tie.FIRST ? 0 : priorCount - 1;
      for (int from = 0; from < priorCount; from += BoxColumns.GROUP) {
        if (priors.mayOverlap(from, box)) {
          sweep(g, box, from, Math.min(priorCount, from + BoxColumns.GROUP));
        }
      }
    }
  }

  private void sweep(int g, Corners box, int from, int to) {
    for (int p = from; p < to; p++) {
      float iou = priors.iou(p, box, params.iouEpsilon());
      if (iou > bestIou[p]) {
        bestIou[p] = iou;
        bestBox[p] = g;
      }
      noteTop(g, p, iou);
    }
  }

  private void noteTop(int g, int p, float iou) {
    if (iou > top[g] || (iou == top[g] && iou > 0 && params.tie() == Tie.LAST)) {
      top[g] = iou;
      topPrior[g] = p;
    }
  }

  private void force() {
    switch (params.forced()) {
      case GREEDY_BIPARTITE -> bipartite();
      case EACH_BEST -> {
        for (int g = 0; g < count; g++) {
          forced[topPrior[g]] = g;
        }
      }
      case NONE -> {}
    }
  }

  /**
   * {@link Forced#GREEDY_BIPARTITE}. What {@code top} holds is at least what a box can still get,
   * so it is looked up again only when the box is due and its prior gone.
   */
  private void bipartite() {
    for (int due = due(); due != NONE; due = due()) {
      if (forced[topPrior[due]] == NONE) {
        forced[topPrior[due]] = due;
        top[due] = 0;
      } else {
        lookAgain(due);
      }
    }
  }

  private int due() {
    int due = NONE;
    float most = LEAST_OVERLAP;
    for (int g = 0; g < count; g++) {
      if (top[g] > most) {
        due = g;
        most = top[g];
      }
    }
    return due;
  }

  private void lookAgain(int g) {
    Corners box = Corners.of(corners, 4 * g);
    top[g] = 0;
    for (int p = 0; p < priorCount; p++) {
      if (forced[p] == NONE) {
        noteTop(g, p, priors.iou(p, box, params.iouEpsilon()));
      }
    }
  }

  /** Turns each prior's best box into its match or none, and finds its class. */
  private void decide() {
    boolean inclusive = params.comparison() == Comparison.AT_LEAST;
    for (int p = 0; p < priorCount; p++) {
      float iou = bestIou[p];
      if (forced[p] != NONE) {
        bestBox[p] = forced[p];
      } else if (count == 0 || !reaches(iou, params.threshold(), inclusive)) {
        bestBox[p] = NONE;
      }
      if (bestBox[p] != NONE) {
        targets[p] = truth.label(n, bestBox[p]);
      } else {
        boolean negative = count == 0 || !reaches(iou, params.negativeThreshold(), inclusive);
        targets[p] = negative ? NEGATIVE : IGNORED;
      }
    }
  }

  private static boolean reaches(float iou, float threshold, boolean inclusive) {
    return inclusive ? iou >= threshold : iou > threshold;
  }

  private void encode(MemorySegment offsets) {
    offsets.fill((byte) 0);
    for (int p = 0; p < priorCount; p++) {
      if (bestBox[p] != NONE) {
        coder.encode(corners, 4 * bestBox[p], p, code, 0);
        MemorySegment.copy(code, 0, offsets, JAVA_FLOAT, 16L * p, 4);
      }
    }
  }
}
