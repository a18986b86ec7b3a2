package dev.multibox.backend;

import java.util.Arrays;

/** Matching as the papers and sources tell it, with the whole IoU matrix in double. */
final class MatchReference {
  private MatchReference() {}

  static double iou(float[] a, int i, float[] b, int j, double epsilon) {
    double width = Math.min(a[4 * i + 2], b[4 * j + 2]) - Math.max(a[4 * i], b[4 * j]);
    double height = Math.min(a[4 * i + 3], b[4 * j + 3]) - Math.max(a[4 * i + 1], b[4 * j + 1]);
    if (!(width > 0 && height > 0)) {
      return 0;
    }
    double both = width * height;
    return both / (area(a, i) + area(b, j) - both + epsilon);
  }

  private static double area(float[] a, int i) {
    return ((double) a[4 * i + 2] - a[4 * i]) * ((double) a[4 * i + 3] - a[4 * i + 1]);
  }

  /** The matched box of each prior, or -1. */
  static int[] matched(float[] priors, float[] boxes, int count, MatchParams params) {
    double[][] iou = matrix(priors, boxes, count, params);
    int[] matched = new int[priors.length / 4];
    Arrays.fill(matched, -1);
    for (int p = 0; p < matched.length; p++) {
      for (int g = 0; g < count; g++) {
        if (reaches(iou[g][p], params.threshold(), params)
            && (matched[p] < 0 || iou[g][p] > iou[matched[p]][p])) {
          matched[p] = g;
        }
      }
    }
    switch (params.forced()) {
      case EACH_BEST -> {
        for (int g = 0; g < count; g++) {
          matched[best(iou[g], params)] = g;
        }
      }
      case GREEDY_BIPARTITE -> bipartite(iou, matched, params);
      case NONE -> {}
    }
    return matched;
  }

  /** 0 for a negative prior, -1 for one that is ignored; of priors without a match. */
  static int unmatchedClass(float[] priors, int p, float[] boxes, int count, MatchParams params) {
    double best = 0;
    for (int g = 0; g < count; g++) {
      best = Math.max(best, iou(boxes, g, priors, p, params.iouEpsilon()));
    }
    return reaches(best, params.negativeThreshold(), params) ? -1 : 0;
  }

  private static double[][] matrix(float[] priors, float[] boxes, int count, MatchParams params) {
    double[][] iou = new double[count][priors.length / 4];
    for (int g = 0; g < count; g++) {
      for (int p = 0; p < iou[g].length; p++) {
        iou[g][p] = iou(boxes, g, priors, p, params.iouEpsilon());
      }
    }
    return iou;
  }

  private static boolean reaches(double iou, double threshold, MatchParams params) {
    return params.comparison() == MatchParams.Comparison.AT_LEAST
        ? iou >= threshold
        : iou > threshold;
  }

  private static int best(double[] row, MatchParams params) {
    int best = 0;
    for (int p = 1; p < row.length; p++) {
      if (row[p] > row[best] || (params.tie() == MatchParams.Tie.LAST && row[p] == row[best])) {
        best = p;
      }
    }
    return best;
  }

  private static void bipartite(double[][] iou, int[] matched, MatchParams params) {
    boolean[] done = new boolean[iou.length];
    boolean[] taken = new boolean[matched.length];
    while (true) {
      int bestBox = -1;
      int bestPrior = -1;
      double most = 1e-6;
      for (int g = 0; g < iou.length; g++) {
        for (int p = 0; p < matched.length && !done[g]; p++) {
          boolean later = params.tie() == MatchParams.Tie.LAST && g == bestBox && iou[g][p] == most;
          if (!taken[p] && (iou[g][p] > most || later)) {
            bestBox = g;
            bestPrior = p;
            most = iou[g][p];
          }
        }
      }
      if (bestBox < 0) {
        return;
      }
      matched[bestPrior] = bestBox;
      done[bestBox] = true;
      taken[bestPrior] = true;
    }
  }
}
