package dev.multibox.eval;

/**
 * What became of the detections of one category in one image: whether each matched an object, and
 * whether it counts neither way, for every range of areas and threshold. A detection takes two
 * {@code long}, a bit for each of the forty questions.
 */
final class CocoOutcomes {
  private final long[] matched;
  private final long[] ignored;

  CocoOutcomes(int detections) {
    matched = new long[detections];
    ignored = new long[detections];
  }

  void setMatched(int rank, CocoArea area, int threshold) {
    matched[rank] |= bit(area, threshold);
  }

  void setIgnored(int rank, CocoArea area, int threshold) {
    ignored[rank] |= bit(area, threshold);
  }

  boolean isMatched(int rank, CocoArea area, int threshold) {
    return (matched[rank] & bit(area, threshold)) != 0;
  }

  boolean isIgnored(int rank, CocoArea area, int threshold) {
    return (ignored[rank] & bit(area, threshold)) != 0;
  }

  private static long bit(CocoArea area, int threshold) {
    return 1L << (area.index * CocoCurves.THRESHOLDS + threshold);
  }
}
