package dev.multibox;

import dev.multibox.backend.cuda.sim.SimulationTotals;
import java.util.Locale;
import java.util.Map;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestPlan;

/** Says at the end of all tests what stood in for a GPU. */
public final class SimulationSummary implements TestExecutionListener {
  @Override
  public void testPlanExecutionFinished(TestPlan testPlan) {
    Map<String, SimulationTotals.Total> totals = SimulationTotals.all();
    if (totals.isEmpty()) {
      return;
    }
    long launches = totals.values().stream().mapToLong(SimulationTotals.Total::launches).sum();
    long instructions =
        totals.values().stream().mapToLong(total -> total.counters().laneInstructions).sum();
    System.out.printf(
        Locale.ROOT,
        "simulated GPU: %d kernels, %,d launches, %,d lane-instructions; real GPU: %s%n",
        totals.size(),
        launches,
        instructions,
        RealBackend.description());
  }
}
