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

  /** Where the detection at {@code rank} matched an object, by {@link #bit}. */
  long matched(int rank) {
    return matched[rank];
  }

  /** Where the detection at {@code rank} counts neither way, by {@link #bit}. */
  long ignored(int rank) {
    return ignored[rank];
  }

  /** The bit that answers for one range of areas and one threshold. */
  static long bit(CocoArea area, int threshold) {
    return 1L << (area.index * CocoCurves.THRESHOLDS + threshold);
  }
}
