package dev.multibox.backend.cpu;

import dev.multibox.backend.NmsParams;
import dev.multibox.backend.NmsParams.Choice;
import dev.multibox.backend.NmsParams.Clip;
import java.util.Arrays;

/** What one prior's logits and offsets say: the scores of its candidates, and its box. */
final class CandidateScorer {
  private final NmsParams params;
  private final BoxCoder coder;
  private final int classes;
  private final float imageWidth;
  private final float imageHeight;

  CandidateScorer(
      NmsParams params, BoxCoder coder, int classes, float imageWidth, float imageHeight) {
    this.params = params;
    this.coder = coder;
    this.classes = classes;
    this.imageWidth = imageWidth;
    this.imageHeight = imageHeight;
  }

  /**
   * Overwrites {@code scores} with the score of each class that makes a candidate, 0 for the others
   * and NaN, and returns whether there is any.
   */
  boolean score(float[] logits, int at, float[] scores) {
    switch (params.scores()) {
      case SOFTMAX -> Softmax.of(logits, at, classes, scores, 0);
      case SIGMOID -> {
        for (int k = 0; k < classes; k++) {
          scores[k] = 1 / (1 + CpuMath.exp(-logits[at + k]));
        }
      }
    }
    if (params.choice() == Choice.BEST_CLASS) {
      keepBest(scores);
    }
    boolean any = false;
    for (int k = 1; k < classes; k++) {
      boolean candidate = scores[k] > params.scoreThreshold();
      scores[k] = candidate ? scores[k] : 0;
      any |= candidate;
    }
    return any;
  }

  private void keepBest(float[] scores) {
    int best = 0;
    for (int k = 1; k < classes; k++) {
      best = scores[k] > scores[best] ? k : best;
    }
    float score = scores[best];
    Arrays.fill(scores, 0, classes, 0);
    scores[best] = score;
  }

  /** Decodes prior {@code p} into {@code out[outAt]}, clipped where that comes before NMS. */
  void box(float[] offsets, int at, int p, float[] out, int outAt) {
    coder.decode(offsets, at, p, out, outAt);
    if (params.clip() == Clip.BEFORE_NMS) {
      clip(out, outAt);
    }
  }

  /** Moves corners into the image; NaN stays. */
  void clip(float[] corners, int at) {
    corners[at] = clip(corners[at], imageWidth);
    corners[at + 1] = clip(corners[at + 1], imageHeight);
    corners[at + 2] = clip(corners[at + 2], imageWidth);
    corners[at + 3] = clip(corners[at + 3], imageHeight);
  }

  private static float clip(float value, float most) {
    return value < 0 ? 0 : value > most ? most : value;
  }
}
