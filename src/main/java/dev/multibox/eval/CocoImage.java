package dev.multibox.eval;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** The objects and detections of one category in one image, and which of them belong together. */
final class CocoImage {
  private final List<GroundTruthObject> truths = new ArrayList<>();
  private final List<DetectedObject> detections = new ArrayList<>();

  void add(GroundTruthObject truth) {
    truths.add(truth);
  }

  void add(DetectedObject detection) {
    detections.add(detection);
  }

  /** The detections that count, by falling score, those of one score in the order given. */
  List<DetectedObject> ranked() {
    // Subtracting from 0 makes one zero of the two, which compare as different otherwise.
    detections.sort(Comparator.comparingDouble(detection -> 0.0 - detection.score()));
    return detections.subList(0, Math.min(detections.size(), CocoCurves.MAX_DETECTIONS));
  }

  /** The objects to find: neither crowds nor outside {@code area}. */
  int positives(CocoArea area) {
    int count = 0;
    for (GroundTruthObject truth : truths) {
      if (counts(truth, area)) {
        count++;
      }
    }
    return count;
  }

  private static boolean counts(GroundTruthObject truth, CocoArea area) {
    return !truth.crowd() && area.contains(truth.area());
  }

  /** The outcomes of {@link #ranked}. */
  CocoOutcomes match() {
    List<DetectedObject> ranked = ranked();
    CocoOutcomes outcomes = new CocoOutcomes(ranked.size());
    for (CocoArea area : CocoArea.values()) {
      List<GroundTruthObject> countedFirst = new ArrayList<>(truths);
      countedFirst.sort(Comparator.comparing(truth -> !counts(truth, area)));
      new CocoMatcher(countedFirst, positives(area), ranked).match(area, outcomes);
    }
    return outcomes;
  }
}
