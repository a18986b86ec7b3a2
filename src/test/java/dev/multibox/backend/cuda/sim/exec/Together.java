package dev.multibox.backend.cuda.sim.exec;

import dev.multibox.backend.cuda.sim.instruction.Collective;
import dev.multibox.backend.cuda.sim.instruction.Warp;
import dev.multibox.backend.cuda.sim.memory.BlockClock;
import dev.multibox.backend.cuda.sim.report.FaultKind;
import java.util.ArrayList;
import java.util.List;

/**
 * Brings the lanes of a warp together for a shuffle, a vote, a match or a warp barrier: it is done
 * when all lanes of its mask that have not ended have come to it.
 */
final class Together {
  private final WarpRunner runner;
  private final Warp warp;

  Together(WarpRunner runner, Warp warp) {
    this.runner = runner;
    this.warp = warp;
  }

  private static Terminator.Together at(WarpRunner runner, Group group) {
    return (Terminator.Together) runner.program().blocks()[group.block].end;
  }

  /** A group has come to the end of a block where its lanes meet others. */
  void meet(Group group, Terminator.Together meeting) {
    Collective collective = meeting.collective();
    int members = warp.ints[collective.members()][Integer.numberOfTrailingZeros(group.mask)];
    if (sameMembers(collective, group.mask, members)) {
      checkMembers(collective, group.mask, members);
      if ((members & warp.live & ~group.mask) == 0) {
        perform(collective, members, group.mask);
        group.block = meeting.next();
      } else {
        group.state = Group.State.TOGETHER;
        tryToPerform(group);
      }
      return;
    }
    separate(group, meeting);
  }

  private boolean sameMembers(Collective collective, int mask, int members) {
    int[] row = warp.ints[collective.members()];
    for (int m = mask; m != 0; m &= m - 1) {
      if (row[Integer.numberOfTrailingZeros(m)] != members) {
        return false;
      }
    }
    return true;
  }

  private void checkMembers(Collective collective, int mask, int members) {
    int strangers = mask & ~members;
    if (strangers != 0) {
      warp.worker.report(
          FaultKind.DIVERGENT_WARP,
          collective.site(),
          warp,
          strangers,
          "its own mask 0x%x does not name it".formatted(members));
    }
  }

  /** Lanes that name different masks meet separately, and each other behind. */
  private void separate(Group group, Terminator.Together meeting) {
    int[] row = warp.ints[meeting.collective().members()];
    Join join = new Join(meeting.next(), group.mask, group.join, null);
    int left = group.mask;
    boolean reused = false;
    List<Group> parts = new ArrayList<>();
    while (left != 0) {
      int members = row[Integer.numberOfTrailingZeros(left)];
      int same = 0;
      for (int m = left; m != 0; m &= m - 1) {
        int lane = Integer.numberOfTrailingZeros(m);
        same |= row[lane] == members ? 1 << lane : 0;
      }
      left &= ~same;
      if (!reused) {
        group.mask = same;
        group.join = join;
        parts.add(group);
        reused = true;
      } else {
        Group part = new Group(same, group.block, join);
        part.lastBlock = group.lastBlock;
        runner.groups().add(part);
        parts.add(part);
      }
    }
    for (Group part : parts) {
      meet(part, meeting);
    }
  }

  /** Performs what a waiting group waits for, if all have come. */
  private boolean tryToPerform(Group group) {
    Terminator.Together meeting = at(runner, group);
    Collective collective = meeting.collective();
    int members = warp.ints[collective.members()][Integer.numberOfTrailingZeros(group.mask)];
    List<Group> come = new ArrayList<>();
    int lanes = 0;
    for (Group other : runner.groups()) {
      if (other.state == Group.State.TOGETHER && meetsWith(other, group, members)) {
        come.add(other);
        lanes |= other.mask;
      }
    }
    if ((members & warp.live & ~lanes) != 0) {
      return false;
    }
    perform(collective, members, lanes);
    for (Group other : come) {
      other.resume(at(runner, other).next());
    }
    merge(come);
    return true;
  }

  /** Whether a waiting group waits for the same as another; warp barriers meet at any place. */
  private boolean meetsWith(Group other, Group group, int members) {
    Collective theirs = at(runner, other).collective();
    Collective ours = at(runner, group).collective();
    boolean samePlace = other.block == group.block || (theirs.barrier() && ours.barrier());
    return samePlace
        && warp.ints[theirs.members()][Integer.numberOfTrailingZeros(other.mask)] == members;
  }

  private void perform(Collective collective, int members, int lanes) {
    collective.work().run(warp, lanes);
    if (collective.barrier()) {
      BlockClock clock = warp.worker.memory().races().clock();
      if ((warp.live & ~members) == 0) {
        clock.warpBarrier(warp.index);
      } else {
        clock.laneBarrier(warp.index, lanes);
      }
    }
  }

  /** Lets groups that go on at the same place and will meet at the same join go on as one. */
  void merge(List<Group> resumed) {
    Group first = resumed.getFirst();
    for (Group other : resumed.subList(1, resumed.size())) {
      if (other.block == first.block && other.join == first.join) {
        first.mask |= other.mask;
        runner.remove(other);
      }
    }
  }

  /**
   * Lets lanes go on that wait for each other in vain: when some have ended since, or others wait
   * at a join behind.
   *
   * @return whether something changed
   */
  boolean unblock() {
    for (Group group : List.copyOf(runner.groups())) {
      if (group.state == Group.State.TOGETHER && tryToPerform(group)) {
        return true;
      }
    }
    for (Group group : runner.groups()) {
      if (group.state == Group.State.TOGETHER) {
        for (Join join : List.copyOf(runner.waiting())) {
          if (sendOn(group, join)) {
            return true;
          }
        }
      }
    }
    return false;
  }

  /** Sends on lanes at a join that a waiting group needs. */
  private boolean sendOn(Group group, Join join) {
    Collective collective = at(runner, group).collective();
    int members = warp.ints[collective.members()][Integer.numberOfTrailingZeros(group.mask)];
    int needed = join.arrived & members;
    if (needed == 0) {
      return false;
    }
    if (!runner.program().blocks()[join.block].isTrivialEnd()) {
      warp.worker.report(
          FaultKind.DIVERGENT_WARP,
          collective.site(),
          warp,
          needed,
          "the mask 0x%x names lanes that passed it by: 0x%x".formatted(members, needed));
    }
    runner.sendOn(join);
    return true;
  }
}
