package dev.multibox.gpu;

import java.util.Optional;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/**
 * How many tests passed and failed.
 *
 * @param failed those that failed, and whatever else went wrong
 */
record Counts(long passed, long failed) {
  static final Counts NONE = new Counts(0, 0);

  private static final Pattern LINE = Pattern.compile("(\\d+) passed, (\\d+) failed");

  /** What {@link #toString} says in {@code line}, if that is what it says. */
  static Optional<Counts> in(String line) {
    return LINE.matcher(line)
        .results()
        .filter(found -> found.group().equals(line))
        .findFirst()
        .map(Counts::of);
  }

  private static Counts of(MatchResult line) {
    return new Counts(Long.parseLong(line.group(1)), Long.parseLong(line.group(2)));
  }

  Counts plus(Counts other) {
    return new Counts(passed + other.passed, failed + other.failed);
  }

  @Override
  public String toString() {
    return passed + " passed, " + failed + " failed";
  }
}
