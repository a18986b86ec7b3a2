package dev.multibox.eval;

import java.util.Arrays;
import java.util.List;

/**
 * COCO's greedy matching in one image, category and range of areas.
 *
 * <p>Detections choose by falling score, each the free object of the largest IoU at or above the
 * threshold, the last on ties. Objects that count go before those that do not: an ignored object is
 * taken only if no counted one will do. A crowd is never used up, and IoU with it is the share of
 * the detection inside it. What matches an ignored object, and what matches nothing and lies
 * outside the range of areas itself, counts neither way.
 */
final class CocoMatcher {
  /** What pycocotools' match array holds where nothing was matched. */
  private static final long NO_ANNOTATION = 0;

  private final List<GroundTruthObject> truths;
  private final int counted;
  private final List<DetectedObject> detections;
  private final double[][] ious;

  /**
   * @param truths the first {@code counted} of them count, the rest is ignored
   */
  CocoMatcher(List<GroundTruthObject> truths, int counted, List<DetectedObject> detections) {
    this.truths = truths;
    this.counted = counted;
    this.detections = detections;
    ious = new double[detections.size()][truths.size()];
    for (int d = 0; d < ious.length; d++) {
      for (int g = 0; g < ious[d].length; g++) {
        ious[d][g] = iou(detections.get(d), truths.get(g));
      }
    }
  }

  /** Adds the outcomes for objects of {@code area} to {@code outcomes}, by rank. */
  void match(CocoArea area, CocoOutcomes outcomes) {
    boolean[] taken = new boolean[truths.size()];
    for (int t = 0; t < CocoCurves.THRESHOLDS; t++) {
      Arrays.fill(taken, false);
      double threshold = Math.min(CocoCurves.threshold(t), 1 - 1e-10);
      for (int d = 0; d < ious.length; d++) {
        int found = find(ious[d], threshold, taken);
        if (found >= 0) {
          taken[found] = true;
        }
        boolean matched = found >= 0 && truths.get(found).id() != NO_ANNOTATION;
        boolean elsewhere = !matched && !area.contains(detections.get(d).area());
        if (matched) {
          outcomes.setMatched(d, area, t);
        }
        if (found >= counted || elsewhere) {
          outcomes.setIgnored(d, area, t);
        }
      }
    }
  }

  private int find(double[] ious, double threshold, boolean[] taken) {
    double best = threshold;
    int found = -1;
    for (int g = 0; g < ious.length; g++) {
      if (taken[g] && !truths.get(g).crowd()) {
        continue;
      }
      if (g >= counted && found >= 0 && found < counted) {
        break;
      }
      if (ious[g] >= best) {
        best = ious[g];
        found = g;
      }
    }
    return found;
  }

  private static double iou(DetectedObject detection, GroundTruthObject truth) {
    double width =
        Math.min(detection.xmax(), truth.xmax()) - Math.max(detection.xmin(), truth.xmin());
    double height =
        Math.min(detection.ymax(), truth.ymax()) - Math.max(detection.ymin(), truth.ymin());
    if (width <= 0 || height <= 0) {
      return 0;
    }
    double intersection = width * height;
    double union =
        truth.crowd()
            ? detection.area()
            : detection.area() + truth.width() * truth.height() - intersection;
    return intersection / union;
  }
}
