package dev.multibox.eval;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/**
 * The detections of one category over all images, by falling score, with what became of them.
 *
 * @param detections those of one score in the order of images, then of rank
 * @param positives the number of objects to find
 */
record CocoCategory(List<Detection> detections, Map<CocoArea, Integer> positives) {
  /**
   * One detection.
   *
   * @param rank its place in its image, from 0
   * @param outcomes those of its image
   */
  record Detection(double score, int rank, CocoOutcomes outcomes) {
    boolean isMatched(CocoArea area, int threshold) {
      return outcomes.isMatched(rank, area, threshold);
    }

    boolean isIgnored(CocoArea area, int threshold) {
      return outcomes.isIgnored(rank, area, threshold);
    }
  }

  /** Matches each of the images, which come by rising id. */
  static CocoCategory of(Collection<CocoImage> images) {
    List<Detection> detections = new ArrayList<>();
    Map<CocoArea, Integer> positives = new EnumMap<>(CocoArea.class);
    for (CocoArea area : CocoArea.values()) {
      positives.put(area, images.stream().mapToInt(image -> image.positives(area)).sum());
    }
    for (CocoImage image : images) {
      CocoOutcomes outcomes = image.match();
      List<DetectedObject> ranked = image.ranked();
      for (int rank = 0; rank < ranked.size(); rank++) {
        detections.add(new Detection(ranked.get(rank).score(), rank, outcomes));
      }
    }
    detections.sort(Comparator.comparingDouble(detection -> 0.0 - detection.score()));
    return new CocoCategory(detections, positives);
  }
}
