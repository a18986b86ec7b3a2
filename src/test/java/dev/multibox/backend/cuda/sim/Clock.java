package dev.multibox.backend.cuda.sim;

import java.util.HashMap;
import java.util.Map;

/**
 * A vector clock: how much of each stream's work is past. Work is past to other work if the clock
 * of the other counts it (Mattern, "Virtual time and global states of distributed systems", 1989).
 */
final class Clock {
  private final Map<Integer, Long> counts = new HashMap<>();

  Clock copy() {
    Clock copy = new Clock();
    copy.counts.putAll(counts);
    return copy;
  }

  /** Counts one more piece of work of a stream, and returns its number. */
  long tick(int stream) {
    return counts.merge(stream, 1L, Long::sum);
  }

  /** Takes everything as past that another clock counts. */
  void join(Clock other) {
    other.counts.forEach((stream, count) -> counts.merge(stream, count, Math::max));
  }

  /** Whether piece number {@code number} of a stream's work is past. */
  boolean counts(int stream, long number) {
    return counts.getOrDefault(stream, 0L) >= number;
  }
}
