package dev.multibox.backend.cuda.sim.exec;

import dev.multibox.backend.cuda.sim.instruction.Operation;
import dev.multibox.backend.cuda.sim.instruction.Warp;
import dev.multibox.backend.cuda.sim.instruction.Worker;
import dev.multibox.backend.cuda.sim.report.Counters;
import dev.multibox.backend.cuda.sim.report.FaultKind;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Runs the lanes of a warp, in groups. A group parts at a branch that its lanes take to both sides,
 * and its parts wait for each other at the {@link Join} where all ways meet. That is how lanes run
 * together again, not something they may rely on: where the others cannot come, those that wait are
 * sent on alone, as on GPUs since Volta, where each lane makes progress by itself.
 */
final class WarpRunner {
  /** After so many slices without an event, lanes that wait at a join are sent on. */
  private static final int PATIENCE = 4;

  private final Program program;
  private final Warp warp;
  private final Worker worker;
  private final List<Group> groups = new ArrayList<>();
  private final List<Join> waiting = new ArrayList<>();
  private final Together together;
  private Schedule schedule = Schedule.of(0, 0);
  private int idleSlices;
  private boolean event;

  WarpRunner(Program program, Warp warp) {
    this.program = program;
    this.warp = warp;
    worker = warp.worker;
    together = new Together(this, warp);
  }

  Warp warp() {
    return warp;
  }

  Program program() {
    return program;
  }

  List<Group> groups() {
    return groups;
  }

  /** The joins where lanes wait for others. */
  List<Join> waiting() {
    return waiting;
  }

  /** Begins a block. */
  void start(Schedule blocksSchedule) {
    schedule = blocksSchedule;
    warp.start();
    groups.clear();
    waiting.clear();
    idleSlices = 0;
    groups.add(new Group(warp.threads, 0, null));
  }

  boolean isDone() {
    return warp.live == 0;
  }

  /** Whether some lanes may go on before others of the block do. */
  boolean mayRun() {
    for (Group group : groups) {
      if (group.state != Group.State.BARRIER) {
        return true;
      }
    }
    return false;
  }

  /** Takes a group out, since its lanes end, wait at a join, or go on as part of another. */
  void remove(Group group) {
    groups.remove(group);
    group.state = Group.State.GONE;
  }

  /**
   * Runs until all lanes have ended or wait for others of the block, or the slice is over.
   *
   * @return how many instructions were run
   */
  long run() {
    worker.memory().setLocal(warp.local);
    long left = schedule.slice();
    long begun = left;
    while (left > 0) {
      Group group = ready();
      if (group == null) {
        if (!together.unblock()) {
          break;
        }
        continue;
      }
      event = false;
      left -= run(group, left);
      idleSlices = event ? 0 : idleSlices;
    }
    if (left <= 0 && ++idleSlices > PATIENCE && !waiting.isEmpty()) {
      sendOn(waiting.get(schedule.below(waiting.size())));
      idleSlices = 0;
    }
    return begun - left;
  }

  /** One of the groups that can go on, drawn by the schedule. */
  private @Nullable Group ready() {
    int count = 0;
    Group last = null;
    for (Group group : groups) {
      if (group.state == Group.State.READY) {
        count++;
        last = group;
      }
    }
    if (count < 2) {
      return last;
    }
    int chosen = schedule.below(count);
    for (Group group : groups) {
      if (group.state == Group.State.READY && chosen-- == 0) {
        return group;
      }
    }
    return last;
  }

  /** Runs a group until it parts, waits or ends, or so many instructions have been run. */
  private long run(Group group, long limit) {
    BasicBlock[] blocks = program.blocks();
    Counters counters = worker.memory().counters();
    long steps = 0;
    while (group.state == Group.State.READY && steps < limit) {
      Join join = group.join;
      if (join != null && join.block == group.block && join.callee == null) {
        if (!arrive(group, join)) {
          return steps;
        }
        continue;
      }
      split(group);
      BasicBlock block = blocks[group.block];
      int mask = group.mask;
      for (Operation operation : block.body) {
        operation.run(warp, mask);
      }
      int count = block.body.length + 1;
      steps += count;
      counters.warpInstructions += count;
      counters.laneInstructions += (long) count * Integer.bitCount(mask);
      if (count > 1) {
        group.lastBlock = group.block;
      }
      end(group, block);
    }
    return steps;
  }

  /** Seldom, lets some lanes run a block before the others. */
  private void split(Group group) {
    int first = schedule.first(group.mask);
    int reconvergence = program.blocks()[group.block].reconvergence;
    if (first != group.mask && reconvergence != BasicBlock.NONE) {
      part(group, reconvergence, first, group.block, group.block);
    }
  }

  private void end(Group group, BasicBlock block) {
    switch (block.end) {
      case Terminator.Jump jump -> group.block = jump.target();
      case Terminator.Branch branch -> branch(group, block, branch);
      case Terminator.Switch table -> choose(group, block, table);
      case Terminator.Exit exit -> {
        if (exit.ofThread()) {
          endThreads(group);
        } else {
          endFunction(group);
        }
      }
      case Terminator.Trap trap -> throw Traps.end(worker, warp, group.mask, trap);
      case Terminator.Call call -> call(group, call);
      case Terminator.Wait wait -> group.state = Group.State.BARRIER;
      case Terminator.Together meeting -> together.meet(group, meeting);
    }
  }

  private void branch(Group group, BasicBlock block, Terminator.Branch branch) {
    int held = warp.predicates[branch.predicate()];
    int taken = group.mask & (branch.negated() ? ~held : held);
    if (taken == group.mask) {
      group.block = branch.taken();
    } else if (taken == 0) {
      group.block = branch.otherwise();
    } else {
      worker.memory().counters().divergentBranches++;
      if (schedule.coin()) {
        part(group, block.reconvergence, taken, branch.taken(), branch.otherwise());
      } else {
        part(group, block.reconvergence, group.mask & ~taken, branch.otherwise(), branch.taken());
      }
    }
  }

  private void choose(Group group, BasicBlock block, Terminator.Switch table) {
    int[] index = warp.ints[table.index()];
    while (true) {
      int chosen = index[Integer.numberOfTrailingZeros(group.mask)];
      int same = lanes(index, chosen, group.mask);
      if (chosen < 0 || chosen >= table.targets().size()) {
        throw worker.end(
            FaultKind.OUT_OF_BOUNDS,
            table.site(),
            warp,
            same,
            "index %d of %d targets".formatted(chosen, table.targets().size()));
      }
      if (same == group.mask) {
        group.block = table.targets().get(chosen);
        return;
      }
      worker.memory().counters().divergentBranches++;
      int rest = group.mask & ~same;
      Group part = part(group, block.reconvergence, rest, group.block, table.targets().get(chosen));
      part.lastBlock = group.lastBlock;
    }
  }

  private static int lanes(int[] row, int value, int mask) {
    int lanes = 0;
    for (int m = mask; m != 0; m &= m - 1) {
      int lane = Integer.numberOfTrailingZeros(m);
      lanes |= row[lane] == value ? 1 << lane : 0;
    }
    return lanes;
  }

  /**
   * Lets {@code first} of a group's lanes go on at one block, the others at another.
   *
   * @return the group of the others
   */
  private Group part(Group group, int reconvergence, int first, int block, int othersBlock) {
    Join join = group.join;
    boolean shared = reconvergence == BasicBlock.NONE || isAt(join, reconvergence);
    Join meeting = shared ? join : new Join(reconvergence, group.mask, join, null);
    Group others = new Group(group.mask & ~first, othersBlock, meeting);
    others.lastBlock = group.lastBlock;
    groups.add(others);
    group.mask = first;
    group.block = block;
    group.join = meeting;
    return others;
  }

  private static boolean isAt(@Nullable Join join, int block) {
    return join != null && join.callee == null && join.block == block;
  }

  /** Whether the group goes on, joined by all others; else it waits and is gone. */
  private boolean arrive(Group group, Join join) {
    event = true;
    if (join.arrived == 0) {
      waiting.add(join);
    }
    join.arrived |= group.mask;
    if (!join.isComplete()) {
      remove(group);
      return false;
    }
    waiting.remove(join);
    group.mask = join.arrived;
    leave(group, join);
    return true;
  }

  /** Goes on behind a join. */
  private void leave(Group group, Join join) {
    Terminator.Callee callee = join.callee;
    if (callee != null) {
      copy(callee.results(), group.mask);
    }
    group.block = join.block;
    group.join = join.outer;
  }

  /** Sends on the lanes that wait at a join for others. */
  void sendOn(Join join) {
    Group group = new Group(join.arrived, join.block, join.outer);
    leave(group, join);
    join.expected &= ~join.arrived;
    join.arrived = 0;
    waiting.remove(join);
    groups.add(group);
  }

  private void endThreads(Group group) {
    event = true;
    warp.live &= ~group.mask;
    for (int m = group.mask; m != 0; m &= m - 1) {
      warp.lastBlock[Integer.numberOfTrailingZeros(m)] = group.lastBlock;
    }
    remove(group);
    withdraw(group.mask, group.join, null);
  }

  /** Takes lanes from the joins that expect them, up to {@code last}. */
  private void withdraw(int mask, @Nullable Join from, @Nullable Join last) {
    for (Join join = from; join != last && join != null; join = join.outer) {
      join.expected &= ~mask;
      if (join.isComplete()) {
        sendOn(join);
      }
    }
  }

  private void endFunction(Group group) {
    Join call = group.join;
    while (call != null && call.callee == null) {
      call = call.outer;
    }
    if (call == null) {
      endThreads(group);
      return;
    }
    withdraw(group.mask, group.join, call);
    group.join = call;
    arrive(group, call);
  }

  private void call(Group group, Terminator.Call call) {
    if (call.pointer() < 0) {
      enter(group, call, call.targets().get(0L));
      return;
    }
    long[] pointers = warp.longs[call.pointer()];
    Join meeting = new Join(call.next(), group.mask, group.join, null);
    int left = group.mask;
    remove(group);
    while (left != 0) {
      int lane = Integer.numberOfTrailingZeros(left);
      int same = 0;
      for (int m = left; m != 0; m &= m - 1) {
        int other = Integer.numberOfTrailingZeros(m);
        same |= pointers[other] == pointers[lane] ? 1 << other : 0;
      }
      Terminator.Callee callee = call.targets().get(pointers[lane]);
      if (callee == null) {
        throw worker.end(
            FaultKind.OUT_OF_BOUNDS, call.site(), warp, same, "a call to what is no function");
      }
      Group part = new Group(same, group.block, meeting);
      groups.add(part);
      enter(part, call, callee);
      left &= ~same;
    }
  }

  private void enter(Group group, Terminator.Call call, Terminator.@Nullable Callee callee) {
    if (callee == null) {
      throw new IllegalStateException("a call without a function");
    }
    copy(callee.arguments(), group.mask);
    group.join = new Join(call.next(), group.mask, group.join, callee);
    group.block = callee.entry();
  }

  private void copy(List<Terminator.Copy> copies, int mask) {
    for (Terminator.Copy copy : copies) {
      for (int m = mask; m != 0; m &= m - 1) {
        warp.local.copy(Integer.numberOfTrailingZeros(m), copy.from(), copy.to(), copy.bytes());
      }
    }
  }
}
