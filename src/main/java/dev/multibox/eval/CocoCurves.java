package dev.multibox.eval;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Precision by recall, and the recall reached, for every IoU threshold, category, range of areas
 * and number of detections per image: what COCO's numbers are means of. Entries without an object
 * to find are {@value #ABSENT}.
 */
public final class CocoCurves {
  /** IoU 0.50, 0.55, … 0.95. */
  public static final int THRESHOLDS = 10;

  /** Recall 0, 0.01, … 1. */
  public static final int RECALL_POINTS = 101;

  /** The most detections of one category in one image that count. */
  public static final int MAX_DETECTIONS = 100;

  /** Stands where there is nothing to find; left out of means. */
  public static final double ABSENT = -1;

  static final int ALL_THRESHOLDS = -1;

  private static final List<Integer> LIMITS = List.of(1, 10, MAX_DETECTIONS);
  private static final CocoArea[] AREAS = CocoArea.values();

  private final int categories;
  private final double[] precision; // [category, area, limit, threshold, recall point]
  private final double[] recall; // [category, area, limit, threshold]

  CocoCurves(int categories) {
    this.categories = categories;
    recall = new double[categories * AREAS.length * LIMITS.size() * THRESHOLDS];
    precision = new double[recall.length * RECALL_POINTS];
    Arrays.fill(recall, ABSENT);
    Arrays.fill(precision, ABSENT);
  }

  /** {@code 0.5 + 0.05 t} in the doubles of {@code numpy.linspace(0.5, 0.95, 10)}. */
  static double threshold(int t) {
    return t == THRESHOLDS - 1 ? 0.95 : 0.5 + t * ((0.95 - 0.5) / (THRESHOLDS - 1));
  }

  /**
   * The best precision at a recall of {@code point / 100} or more; 0 where that is not reached.
   *
   * @param threshold the IoU, {@code 0.5 + 0.05 threshold}
   * @param category the place of the category among the ids that count
   * @param maxDetections 1, 10 or 100
   * @throws IllegalArgumentException if {@code maxDetections} is another number
   */
  public double precision(
      int threshold, int point, int category, CocoArea area, int maxDetections) {
    int curve = index(category, area, limit(maxDetections), threshold);
    return precision[curve * RECALL_POINTS + point];
  }

  /**
   * The share of the objects that was found; arguments as for {@link #precision}.
   *
   * @throws IllegalArgumentException if {@code maxDetections} is not 1, 10 or 100
   */
  public double recall(int threshold, int category, CocoArea area, int maxDetections) {
    return recall[index(category, area, limit(maxDetections), threshold)];
  }

  /** One of the twelve numbers over all categories. */
  double mean(CocoNumber number) {
    return mean(number, 0, categories);
  }

  /** One of the twelve numbers for one category. */
  double mean(CocoNumber number, int category) {
    return mean(number, category, category + 1);
  }

  private double mean(CocoNumber number, int from, int to) {
    boolean all = number.threshold == ALL_THRESHOLDS;
    int limit = limit(number.maxDetections);
    double sum = 0;
    long count = 0;
    for (int category = from; category < to; category++) {
      for (int t = all ? 0 : number.threshold; t < (all ? THRESHOLDS : number.threshold + 1); t++) {
        int curve = index(category, number.area, limit, t);
        boolean absent = recall[curve] == ABSENT;
        switch (number.curve) {
          case PRECISION -> {
            sum += absent ? 0 : sumOfPrecision(curve);
            count += absent ? 0 : RECALL_POINTS;
          }
          case RECALL -> {
            sum += absent ? 0 : recall[curve];
            count += absent ? 0 : 1;
          }
        }
      }
    }
    return count == 0 ? ABSENT : sum / count;
  }

  private double sumOfPrecision(int curve) {
    double sum = 0;
    for (int point = 0; point < RECALL_POINTS; point++) {
      sum += precision[curve * RECALL_POINTS + point];
    }
    return sum;
  }

  private static int limit(int maxDetections) {
    int limit = LIMITS.indexOf(maxDetections);
    if (limit < 0) {
      throw new IllegalArgumentException(
          "coco: maxDetections was %d, wanted one of %s".formatted(maxDetections, LIMITS));
    }
    return limit;
  }

  private static int index(int category, CocoArea area, int limit, int threshold) {
    return ((category * AREAS.length + area.index) * LIMITS.size() + limit) * THRESHOLDS
        + threshold;
  }

  /** Fills in every curve of one category. */
  void draw(int category, CocoCategory matches) {
    for (int limit = 0; limit < LIMITS.size(); limit++) {
      List<CocoCategory.Detection> detections =
          withinLimit(matches.detections(), LIMITS.get(limit));
      for (CocoArea area : AREAS) {
        int positives = matches.positives().getOrDefault(area, 0);
        for (int t = 0; t < THRESHOLDS && positives > 0; t++) {
          draw(index(category, area, limit, t), detections, area, t, positives);
        }
      }
    }
  }

  private static List<CocoCategory.Detection> withinLimit(
      List<CocoCategory.Detection> detections, int limit) {
    List<CocoCategory.Detection> within = new ArrayList<>(detections);
    within.removeIf(detection -> detection.rank() >= limit);
    return within;
  }

  private void draw(
      int curve, List<CocoCategory.Detection> detections, CocoArea area, int t, int positives) {
    double[] recalls = new double[detections.size()];
    double[] envelope = new double[detections.size()];
    int found = 0;
    int wrong = 0;
    for (int i = 0; i < recalls.length; i++) {
      CocoCategory.Detection detection = detections.get(i);
      if (!detection.isIgnored(area, t)) {
        if (detection.isMatched(area, t)) {
          found++;
        } else {
          wrong++;
        }
      }
      recalls[i] = (double) found / positives;
      // The ulp keeps 0 / 0 away while only ignored detections came by.
      envelope[i] = found / (found + wrong + Math.ulp(1.0));
    }
    for (int i = recalls.length - 2; i >= 0; i--) {
      envelope[i] = Math.max(envelope[i], envelope[i + 1]);
    }
    recall[curve] = recalls.length == 0 ? 0 : recalls[recalls.length - 1];
    int at = 0;
    for (int point = 0; point < RECALL_POINTS; point++) {
      while (at < recalls.length && recalls[at] < recallAt(point)) {
        at++;
      }
      precision[curve * RECALL_POINTS + point] = at < recalls.length ? envelope[at] : 0;
    }
  }

  /** {@code point / 100} in the doubles of {@code numpy.linspace(0, 1, 101)}. */
  private static double recallAt(int point) {
    return point * 0.01;
  }
}
