package dev.multibox.backend.cuda.sim;

import dev.multibox.backend.cuda.sim.report.Counters;
import java.util.Map;
import java.util.TreeMap;

/** What all simulated GPUs of this process did together. */
public final class SimulationTotals {
  private static final Map<String, Total> TOTALS = new TreeMap<>();

  private SimulationTotals() {}

  /**
   * A kernel's share.
   *
   * @param launches how often it ran
   * @param counters the sum over its launches
   */
  public record Total(long launches, Counters counters) {}

  static synchronized void add(String kernel, Counters launch) {
    Total before = TOTALS.getOrDefault(kernel, new Total(0, new Counters()));
    before.counters().add(launch);
    TOTALS.put(kernel, new Total(before.launches() + 1, before.counters()));
  }

  /** The totals so far, by kernel. */
  public static synchronized Map<String, Total> all() {
    return Map.copyOf(TOTALS);
  }
}
