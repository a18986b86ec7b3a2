package dev.multibox.backend.cpu;

import dev.multibox.backend.NmsParams.Overlap;

/**
 * Greedy suppression of boxes in the order of their {@link Ranking} keys.
 *
 * @param iouThreshold the overlap with a better box at which a box goes
 * @param overlap whether the threshold itself is kept
 * @param limit how many boxes are kept at most
 */
record Suppression(float iouThreshold, Overlap overlap, int limit) {

  /**
   * Brings the keys of kept boxes to the front and returns how many they are.
   *
   * @param corners box {@code i} begins at {@code 4 (first + i)}
   * @param kept room for the kept boxes
   */
  int run(long[] keys, int count, float[] corners, int first, BoxColumns kept) {
    boolean inclusive = overlap == Overlap.AT_LEAST;
    kept.clear(Math.min(count, limit));
    for (int i = 0; i < count && kept.count() < limit; i++) {
      Corners box = Corners.of(corners, 4 * (first + Ranking.index(keys[i])));
      if (!kept.suppress(box, iouThreshold, inclusive)) {
        keys[kept.count()] = keys[i];
        kept.add(box);
      }
    }
    return kept.count();
  }
}
