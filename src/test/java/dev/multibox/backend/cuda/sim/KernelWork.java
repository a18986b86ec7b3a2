package dev.multibox.backend.cuda.sim;

import dev.multibox.backend.cuda.driver.Launch;
import dev.multibox.backend.cuda.sim.exec.Launchable;
import dev.multibox.backend.cuda.sim.exec.Program;
import dev.multibox.backend.cuda.sim.exec.Simulation;
import dev.multibox.backend.cuda.sim.report.Dim3;
import dev.multibox.backend.cuda.sim.report.LaunchScope;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** A launch, with a copy of its arguments. */
final class KernelWork extends Work {
  private final Program program;
  private final Dim3 grid;
  private final Dim3 block;
  private final int dynamicShared;
  private final MemorySegment arguments;

  KernelWork(Program program, Launch launch) {
    super(program.name());
    this.program = program;
    grid = new Dim3(launch.gridX(), launch.gridY(), launch.gridZ());
    block = new Dim3(launch.blockX(), launch.blockY(), launch.blockZ());
    dynamicShared = launch.sharedBytes();
    MemorySegment given = launch.values();
    arguments = Arena.ofAuto().allocate(given.byteSize(), 16).copyFrom(given);
  }

  @Override
  Touched run(SimulatedDriver driver, boolean keep) {
    LaunchScope scope =
        new LaunchScope(program.name(), grid, block, driver.reports(), driver.sites());
    Launchable launch =
        new Launchable(
            program,
            scope,
            arguments.address(),
            (int) arguments.byteSize(),
            dynamicShared,
            driver.nextSeed(),
            driver.settings().instructionLimit());
    Simulation.Outcome outcome = driver.simulation().run(launch, keep);
    driver.count(program.name(), outcome.counters());
    if (outcome.ended()) {
      driver.timeline().end();
    }
    return new Touched(program.name(), outcome.touched(), outcome.runs());
  }
}
