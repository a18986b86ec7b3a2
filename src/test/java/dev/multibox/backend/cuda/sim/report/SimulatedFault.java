package dev.multibox.backend.cuda.sim.report;

import dev.multibox.backend.cuda.driver.DriverException;
import java.util.List;
import java.util.stream.Collectors;

/** What a call throws when faults have surfaced in it. */
public final class SimulatedFault extends DriverException {
  private static final long serialVersionUID = 1;

  private final transient List<Report> reports;

  public SimulatedFault(String call, List<Report> reports) {
    super(
        call,
        "CUDA_ERROR_LAUNCH_FAILED",
        reports.stream().map(Report::toString).collect(Collectors.joining("\n  ", "\n  ", "")));
    this.reports = List.copyOf(reports);
  }

  /** All faults since the last call that threw. */
  public List<Report> reports() {
    return reports;
  }
}
