package dev.multibox.backend.cuda.sim.report;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Collects reports from all simulating threads; each fault is kept once. */
public final class Reports {
  /** What makes two reports the same fault. */
  private record Key(FaultKind kind, String kernel, int line, String detail) {}

  private static final int MOST = 100;

  private final Map<Key, Report> reports = new LinkedHashMap<>();

  /**
   * Adds a report.
   *
   * @param detail tells faults at one instruction apart, such as the other side of a race
   */
  public synchronized void add(Report report, String detail) {
    if (reports.size() < MOST) {
      reports.putIfAbsent(
          new Key(report.kind(), report.kernel(), report.ptxLine(), detail), report);
    }
  }

  public synchronized boolean isEmpty() {
    return reports.isEmpty();
  }

  /** All reports so far, by kind and line, and forgets them. */
  public synchronized List<Report> take() {
    List<Report> taken = new ArrayList<>(reports.values());
    taken.sort(Comparator.comparing(Report::kind).thenComparingInt(Report::ptxLine));
    reports.clear();
    return taken;
  }
}
