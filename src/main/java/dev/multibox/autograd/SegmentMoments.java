package dev.multibox.autograd;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/**
 * The moments of a segment's batch norms: found in its first run, in order, and given again in its
 * second, so that statistics are taken, and running ones updated, once.
 */
final class SegmentMoments {
  private final List<Moments> found;
  private final boolean repeats;
  private int next;

  SegmentMoments() {
    this(new ArrayList<>(), false);
  }

  private SegmentMoments(List<Moments> found, boolean repeats) {
    this.found = found;
    this.repeats = repeats;
  }

  /** The same for the second run. */
  SegmentMoments again() {
    return new SegmentMoments(found, true);
  }

  Moments next(Supplier<Moments> compute) {
    if (!repeats) {
      found.add(compute.get());
      return found.getLast();
    }
    return found.get(next++);
  }
}
