package dev.multibox.backend.cuda.sim.exec;

import dev.multibox.backend.cuda.sim.instruction.Warp;
import dev.multibox.backend.cuda.sim.instruction.Worker;
import dev.multibox.backend.cuda.sim.report.Dim3;
import dev.multibox.backend.cuda.sim.report.FaultKind;
import java.util.Arrays;

/** Runs the warps of a block, in turns, until all have ended. */
final class BlockRunner {
  private final Program program;
  private final Worker worker;
  private final WarpRunner[] warps;
  private final int[] order;
  private final Barriers barriers;

  BlockRunner(Program program, Worker worker, Dim3 block) {
    this.program = program;
    this.worker = worker;
    int count = (int) Math.ceilDiv(block.size(), (long) Warp.LANES);
    warps = new WarpRunner[count];
    for (int i = 0; i < count; i++) {
      warps[i] =
          new WarpRunner(program, new Warp(worker, program.rows(), program.localBytes(), i, block));
    }
    order = new int[count];
    Arrays.setAll(order, i -> i);
    barriers = new Barriers(program, worker, warps);
  }

  /**
   * Runs the block that the worker is at.
   *
   * @param limit how many instructions its warps may run together
   */
  void run(Schedule schedule, long limit) {
    for (WarpRunner warp : warps) {
      warp.start(schedule);
    }
    barriers.start();
    long left = limit;
    while (!isDone()) {
      long ran = turn(schedule);
      left -= ran;
      boolean released = barriers.release();
      if (ran == 0 && !released && !barriers.sendOn()) {
        throw barriers.deadlock();
      }
      if (left < 0) {
        throw endless(limit);
      }
    }
  }

  private boolean isDone() {
    for (WarpRunner warp : warps) {
      if (!warp.isDone()) {
        return false;
      }
    }
    return true;
  }

  /** Gives each warp that can go on a slice; returns how many instructions were run. */
  private long turn(Schedule schedule) {
    schedule.shuffle(order, order.length);
    long ran = 0;
    for (int index : order) {
      WarpRunner warp = warps[index];
      if (warp.mayRun()) {
        ran += warp.run();
      }
    }
    return ran;
  }

  private RuntimeException endless(long limit) {
    for (WarpRunner warp : warps) {
      for (Group group : warp.groups()) {
        return worker.end(
            FaultKind.ENDLESS,
            program.blocks()[group.block].site,
            warp.warp(),
            group.mask,
            "the block ran %d instructions without an end".formatted(limit));
      }
    }
    throw new IllegalStateException("a block without warps");
  }
}
