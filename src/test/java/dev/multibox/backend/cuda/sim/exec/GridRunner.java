package dev.multibox.backend.cuda.sim.exec;

import dev.multibox.backend.cuda.sim.instruction.Worker;
import dev.multibox.backend.cuda.sim.memory.SharedMemory;
import dev.multibox.backend.cuda.sim.report.LaunchEnd;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;

/** Runs the blocks of a launch that fall to one simulating thread. */
final class GridRunner {
  private final Worker worker;
  private final Launchable launch;
  private final List<SharedMemory.Range> shared;
  private final BlockRunner blocks;

  /**
   * @param blocks runs blocks of that program and size
   */
  GridRunner(Worker worker, Launchable launch, BlockRunner blocks) {
    this.worker = worker;
    this.launch = launch;
    this.blocks = blocks;
    shared = launch.program().shared(launch.dynamicShared());
  }

  /**
   * Runs every {@code step}-th block from {@code first} on, in the order of the schedule.
   *
   * @param stop says that another thread ended the launch
   */
  void run(long first, long step, AtomicBoolean stop) {
    long count = launch.scope().grid().size();
    long stride = launch.stride(count);
    try {
      for (long i = first; i < count && !stop.get(); i += step) {
        // Products stay below 2^63 since both factors stay below 2^31.
        long block = (i * stride + launch.offset(count)) % count;
        worker.startBlock(block);
        worker.memory().startBlock(block, shared);
        worker.memory().counters().blocks++;
        blocks.run(Schedule.of(launch.seed(), block), launch.instructionLimit());
      }
    } catch (LaunchEnd _) {
      // Reported where it happened.
      stop.set(true);
    }
  }
}
