package dev.multibox.backend;

import dev.multibox.backend.NmsParams.Choice;
import dev.multibox.backend.NmsParams.Clip;
import dev.multibox.backend.NmsParams.Overlap;
import dev.multibox.backend.NmsParams.Scope;
import dev.multibox.backend.NmsParams.Scores;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** The end of inference for one image, in double, with lists and sorting. */
final class DetectReference {
  /** A box of one class; compared by falling score, then class, then prior. */
  @SuppressWarnings("ArrayRecordComponent")
  record Found(int prior, int label, double score, double[] box) {
    static final Comparator<Found> BEST_FIRST =
        Comparator.comparingDouble((Found found) -> -found.score())
            .thenComparingInt(Found::label)
            .thenComparingInt(Found::prior);
  }

  private final NmsParams params;
  private final BoxCoding coding;
  private final List<HeadLayout> layouts;
  private final int classes;
  private final float width;
  private final float height;

  DetectReference(
      NmsParams params, BoxCoding coding, List<HeadLayout> layouts, float width, float height) {
    this.params = params;
    this.coding = coding;
    this.layouts = layouts;
    this.classes = layouts.getFirst().classes();
    this.width = width;
    this.height = height;
  }

  /** {@code logits [P, K]}, {@code offsets [P, 4]}, {@code centres [P, 4]}. */
  List<Found> detect(float[] logits, float[] offsets, float[] centres) {
    int priors = centres.length / 4;
    double[][] scores = new double[priors][];
    for (int p = 0; p < priors; p++) {
      scores[p] = scores(logits, p);
    }
    Set<Integer> allowed = allowed(scores);
    List<Found> all = new ArrayList<>();
    for (int k = 1; k < classes; k++) {
      List<Found> candidates = new ArrayList<>();
      for (int p = 0; p < priors; p++) {
        if (allowed.contains(p) && scores[p][k] > params.scoreThreshold()) {
          candidates.add(new Found(p, k, scores[p][k], decode(offsets, centres, p)));
        }
      }
      candidates.sort(Found.BEST_FIRST);
      List<Found> kept = suppress(first(candidates, params.candidatesPerClass()));
      all.addAll(params.scope() == Scope.PER_CLASS ? first(kept, params.topK()) : kept);
    }
    all.sort(Found.BEST_FIRST);
    List<Found> best = params.scope() == Scope.PER_IMAGE ? first(all, params.topK()) : all;
    if (params.clip() == Clip.AFTER_NMS) {
      best.forEach(found -> clip(found.box()));
    }
    return best;
  }

  private static List<Found> first(List<Found> list, int limit) {
    return limit == 0 || list.size() <= limit ? list : list.subList(0, limit);
  }

  private double[] scores(float[] logits, int p) {
    double[] scores = new double[classes];
    double sum = 0;
    int best = 0;
    for (int k = 0; k < classes; k++) {
      double logit = logits[p * classes + k];
      sum += Math.exp(logit);
      scores[k] = params.scores() == Scores.SOFTMAX ? Math.exp(logit) : 1 / (1 + Math.exp(-logit));
      best = scores[k] > scores[best] ? k : best;
    }
    for (int k = 0; k < classes; k++) {
      scores[k] /= params.scores() == Scores.SOFTMAX ? sum : 1;
      scores[k] = params.choice() == Choice.BEST_CLASS && k != best ? 0 : scores[k];
    }
    return scores;
  }

  private Set<Integer> allowed(double[][] scores) {
    Set<Integer> allowed = new HashSet<>();
    for (HeadLayout layout : layouts) {
      List<Integer> level = new ArrayList<>();
      for (int i = 0; i < layout.priors(); i++) {
        level.add(layout.firstPrior() + i);
      }
      level.sort(Comparator.comparingDouble(p -> -best(scores[p])));
      int limit = params.candidatesPerLevel() == 0 ? level.size() : params.candidatesPerLevel();
      allowed.addAll(level.subList(0, Math.min(level.size(), limit)));
    }
    return allowed;
  }

  private double best(double[] scores) {
    double best = 0;
    for (int k = 1; k < classes; k++) {
      best = Math.max(best, scores[k] > params.scoreThreshold() ? scores[k] : 0);
    }
    return best;
  }

  private double[] decode(float[] offsets, float[] centres, int p) {
    double[] size = new double[2];
    double[] centre = new double[2];
    double[] weights = {
      coding.weightX(), coding.weightY(), coding.weightWidth(), coding.weightHeight()
    };
    for (int j = 0; j < 2; j++) {
      double prior = centres[4 * p + 2 + j];
      double scale = Math.min(offsets[4 * p + 2 + j] / weights[2 + j], coding.maxLogScale());
      size[j] = prior * Math.exp(scale);
      centre[j] = centres[4 * p + j] + prior * offsets[4 * p + j] / weights[j];
    }
    double[] box = {
      centre[0] - size[0] / 2,
      centre[1] - size[1] / 2,
      centre[0] + size[0] / 2,
      centre[1] + size[1] / 2
    };
    if (params.clip() == Clip.BEFORE_NMS) {
      clip(box);
    }
    return box;
  }

  private void clip(double[] box) {
    for (int j = 0; j < 4; j++) {
      box[j] = Math.clamp(box[j], 0.0, (double) (j % 2 == 0 ? width : height));
    }
  }

  private List<Found> suppress(List<Found> candidates) {
    List<Found> kept = new ArrayList<>();
    for (Found candidate : candidates) {
      if (kept.stream().noneMatch(better -> goes(iou(better.box(), candidate.box())))) {
        kept.add(candidate);
      }
    }
    return kept;
  }

  private boolean goes(double iou) {
    return params.overlap() == Overlap.ABOVE
        ? iou > params.iouThreshold()
        : iou >= params.iouThreshold();
  }

  static double iou(double[] a, double[] b) {
    double wide = Math.min(a[2], b[2]) - Math.max(a[0], b[0]);
    double tall = Math.min(a[3], b[3]) - Math.max(a[1], b[1]);
    if (!(wide > 0 && tall > 0)) {
      return 0;
    }
    double both = wide * tall;
    return both / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - both);
  }
}
