package dev.multibox.backend.cuda.sim.exec;

import dev.multibox.backend.cuda.sim.instruction.Warp;
import dev.multibox.backend.cuda.sim.instruction.Worker;
import dev.multibox.backend.cuda.sim.memory.RaceDetector;
import dev.multibox.backend.cuda.sim.report.FaultKind;
import dev.multibox.backend.cuda.sim.report.LaunchEnd;
import dev.multibox.backend.cuda.sim.report.Site;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** The barriers of a block: who waits at which, and what they let through. */
final class Barriers {
  private static final int COUNT = 16;

  /** A group that waits. */
  private record Waiter(WarpRunner warp, Group group, Barrier barrier, int next) {
    int threads() {
      return Integer.bitCount(group.mask);
    }
  }

  private final Program program;
  private final Worker worker;
  private final WarpRunner[] warps;

  /** Per barrier, the threads that arrived without waiting, and their warps. */
  private final int[] arrivedThreads = new int[COUNT];

  private final int[] arrivedWarps = new int[COUNT];
  private final Set<Long> checkedExits = new HashSet<>();

  Barriers(Program program, Worker worker, WarpRunner[] warps) {
    this.program = program;
    this.worker = worker;
    this.warps = warps;
  }

  void start() {
    Arrays.fill(arrivedThreads, 0);
    Arrays.fill(arrivedWarps, 0);
    checkedExits.clear();
  }

  /** Lets through who has waited enough; returns whether anybody was. */
  boolean release() {
    List<Waiter> waiters = waiters();
    boolean released = false;
    for (int id = 0; id < COUNT && !waiters.isEmpty(); id++) {
      released |= release(id, waiters);
    }
    return released;
  }

  /** All groups that wait; those that only arrive are let through at once. */
  private List<Waiter> waiters() {
    List<Waiter> waiters = new ArrayList<>();
    for (WarpRunner warp : warps) {
      for (Group group : warp.groups()) {
        if (group.state == Group.State.BARRIER) {
          Terminator.Wait wait = (Terminator.Wait) program.blocks()[group.block].end;
          waiters.add(new Waiter(warp, group, wait.barrier(), wait.next()));
        }
      }
    }
    return waiters;
  }

  private boolean release(int id, List<Waiter> all) {
    List<Waiter> here = new ArrayList<>();
    boolean released = false;
    int threads = arrivedThreads[id];
    int waitingWarps = 0;
    for (Waiter waiter : all) {
      if (waiter.group().state != Group.State.BARRIER || id(waiter) != id) {
        continue;
      }
      if (waiter.barrier().arrive()) {
        arrivedThreads[id] += counted(waiter);
        arrivedWarps[id] |= 1 << waiter.warp().warp().index;
        threads += counted(waiter);
        waiter.group().resume(waiter.next());
        released = true;
      } else {
        here.add(waiter);
        threads += counted(waiter);
        waitingWarps |= 1 << waiter.warp().warp().index;
      }
    }
    if (here.isEmpty()) {
      return released;
    }
    int wanted = wanted(here.getFirst());
    boolean whole = wanted < 0;
    if (whole ? threads < liveThreads() : threads < wanted) {
      return released;
    }
    if (whole) {
      checkAll(here);
    }
    reduce(here);
    order(whole, waitingWarps, arrivedWarps[id]);
    arrivedThreads[id] = 0;
    arrivedWarps[id] = 0;
    resume(here);
    return true;
  }

  private static int id(Waiter waiter) {
    return value(waiter, waiter.barrier().id()) & (COUNT - 1);
  }

  private static int value(Waiter waiter, int row) {
    return waiter.warp().warp().ints[row][Integer.numberOfTrailingZeros(waiter.group().mask)];
  }

  /** How many threads take part; negative for all of the block. */
  private static int wanted(Waiter waiter) {
    int row = waiter.barrier().count();
    return row < 0 ? -1 : value(waiter, row);
  }

  /** How many threads a group counts for: a barrier with a count takes warps as a whole. */
  private static int counted(Waiter waiter) {
    boolean whole = waiter.group().mask == waiter.warp().warp().live;
    return wanted(waiter) >= 0 && whole ? Warp.LANES : waiter.threads();
  }

  private int liveThreads() {
    int live = 0;
    for (WarpRunner warp : warps) {
      live += Integer.bitCount(warp.warp().live);
    }
    return live;
  }

  /** Whether all threads of the block came to the same barrier. */
  private void checkAll(List<Waiter> here) {
    Waiter first = here.getFirst();
    for (Waiter waiter : here) {
      if (waiter.group().block != first.group().block) {
        report(
            waiter,
            waiter.group().mask,
            "threads of the block wait at another: %s".formatted(first.barrier().site()));
        return;
      }
    }
    for (WarpRunner warp : warps) {
      int ended = warp.warp().threads & ~warp.warp().live;
      for (int m = ended; m != 0; m &= m - 1) {
        int lane = Integer.numberOfTrailingZeros(m);
        if (passedBy(first.group().block, warp.warp().lastBlock[lane])) {
          worker.report(
              FaultKind.DIVERGENT_BARRIER,
              first.barrier().site(),
              warp.warp(),
              1 << lane,
              "this thread ended without coming to it");
          return;
        }
      }
    }
  }

  /**
   * Whether a thread that ended after {@code lastBlock} went on behind the barrier, rather than
   * returning before it.
   */
  private boolean passedBy(int barrierBlock, int lastBlock) {
    long key = (long) barrierBlock << 32 | lastBlock;
    if (checkedExits.contains(key)) {
      return false;
    }
    boolean passed = program.passed().passes(barrierBlock, lastBlock);
    if (!passed) {
      checkedExits.add(key);
    }
    return passed;
  }

  private void report(Waiter waiter, int lanes, String message) {
    worker.report(
        FaultKind.DIVERGENT_BARRIER, waiter.barrier().site(), waiter.warp().warp(), lanes, message);
  }

  private static void reduce(List<Waiter> here) {
    Barrier.Reduction reduction = here.getFirst().barrier().reduction();
    if (reduction == Barrier.Reduction.NONE) {
      return;
    }
    int threads = 0;
    int held = 0;
    for (Waiter waiter : here) {
      Barrier barrier = waiter.barrier();
      int predicate = waiter.warp().warp().predicates[barrier.predicate()];
      int mask = waiter.group().mask;
      threads += Integer.bitCount(mask);
      held += Integer.bitCount(mask & (barrier.negated() ? ~predicate : predicate));
    }
    boolean result = reduction == Barrier.Reduction.AND ? held == threads : held > 0;
    for (Waiter waiter : here) {
      Warp warp = waiter.warp().warp();
      int mask = waiter.group().mask;
      int row = waiter.barrier().result();
      if (reduction != Barrier.Reduction.POPC) {
        warp.setPredicate(row, result ? Warp.ALL : 0, mask);
        continue;
      }
      for (int m = mask; m != 0; m &= m - 1) {
        warp.ints[row][Integer.numberOfTrailingZeros(m)] = held;
      }
    }
  }

  private void order(boolean whole, int waiting, int arrived) {
    RaceDetector races = worker.memory().races();
    if (whole) {
      races.blockBarrier();
    } else {
      races.clock().warpsBarrier(waiting, arrived);
    }
  }

  private static void resume(List<Waiter> here) {
    for (Waiter waiter : here) {
      waiter.group().resume(waiter.next());
    }
    for (Waiter waiter : here) {
      merge(waiter, here);
    }
  }

  /** Lets the groups of a warp that go on at the same place go on as one. */
  private static void merge(Waiter waiter, List<Waiter> here) {
    Group group = waiter.group();
    if (group.mask == 0) {
      return;
    }
    for (Waiter other : here) {
      Group theirs = other.group();
      if (theirs != group
          && other.warp() == waiter.warp()
          && theirs.block == group.block
          && theirs.join == group.join) {
        group.mask |= theirs.mask;
        theirs.mask = 0;
        other.warp().remove(theirs);
      }
    }
  }

  /**
   * Sends on lanes that wait at a join for others of their warp, which wait at a barrier for them.
   * Unless they are about to end, they passed the barrier by.
   *
   * @return whether there were any
   */
  boolean sendOn() {
    for (WarpRunner warp : warps) {
      for (Join join : List.copyOf(warp.waiting())) {
        boolean ends = program.blocks()[join.block].isTrivialEnd();
        int lanes = join.arrived;
        for (Group group : warp.groups()) {
          if (!ends && group.state == Group.State.BARRIER) {
            Terminator.Wait wait = (Terminator.Wait) program.blocks()[group.block].end;
            report(
                new Waiter(warp, group, wait.barrier(), wait.next()),
                lanes,
                "lanes 0x%x of the warp passed it by".formatted(lanes));
            break;
          }
        }
        warp.sendOn(join);
        return true;
      }
    }
    return false;
  }

  /** What to throw when nobody can go on. */
  LaunchEnd deadlock() {
    StringBuilder where = new StringBuilder("threads wait for each other:");
    Site site = null;
    Warp warp = null;
    int lanes = 0;
    Set<Site> seen = new HashSet<>();
    for (WarpRunner runner : warps) {
      for (Group group : runner.groups()) {
        Site waits = program.blocks()[group.block].site;
        if (seen.add(waits)) {
          where.append(" %s;".formatted(waits));
        }
        if (site == null) {
          site = waits;
          warp = runner.warp();
          lanes = group.mask;
        }
      }
    }
    if (site == null || warp == null) {
      throw new IllegalStateException("nobody waits");
    }
    return worker.end(FaultKind.DEADLOCK, site, warp, lanes, where.toString());
  }
}
