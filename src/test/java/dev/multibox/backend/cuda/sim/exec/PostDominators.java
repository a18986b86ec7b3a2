package dev.multibox.backend.cuda.sim.exec;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * For each basic block, the first block that every way from it to the end of its function passes:
 * there the lanes that parted at its branch come together again.
 *
 * <p>Cooper, Harvey and Kennedy, "A simple, fast dominance algorithm", 2001, on the reversed graph.
 */
public final class PostDominators {
  private final int[] immediate;

  private PostDominators(int[] immediate) {
    this.immediate = immediate;
  }

  /** The block that {@code block} cannot avoid; {@link BasicBlock#NONE} if there is none. */
  int of(int block) {
    return immediate[block];
  }

  /** Whether every way from {@code from} to the end passes {@code by}. */
  boolean passes(int from, int by) {
    for (int at = immediate[from]; at != BasicBlock.NONE; at = immediate[at]) {
      if (at == by) {
        return true;
      }
    }
    return false;
  }

  static PostDominators of(BasicBlock[] blocks) {
    int end = blocks.length;
    List<List<Integer>> after = new ArrayList<>();
    List<List<Integer>> before = new ArrayList<>();
    for (int i = 0; i <= end; i++) {
      after.add(new ArrayList<>());
      before.add(new ArrayList<>());
    }
    for (int i = 0; i < end; i++) {
      for (int next : successors(blocks[i].end, end)) {
        after.get(i).add(next);
        before.get(next).add(i);
      }
    }
    int[] order = new int[end + 1];
    Arrays.fill(order, -1);
    List<Integer> postorder = new ArrayList<>();
    number(end, before, order, postorder);
    int[] dominator = new int[end + 1];
    Arrays.fill(dominator, -1);
    dominator[end] = end;
    settle(postorder, order, after, dominator);
    int[] immediate = new int[end];
    for (int i = 0; i < end; i++) {
      immediate[i] = dominator[i] == end ? BasicBlock.NONE : dominator[i];
    }
    return new PostDominators(immediate);
  }

  private static List<Integer> successors(Terminator terminator, int end) {
    return switch (terminator) {
      case Terminator.Jump jump -> List.of(jump.target());
      case Terminator.Branch branch -> List.of(branch.taken(), branch.otherwise());
      case Terminator.Switch table -> table.targets();
      case Terminator.Call call -> List.of(call.next());
      case Terminator.Wait wait -> List.of(wait.next());
      case Terminator.Together together -> List.of(together.next());
      case Terminator.Exit _, Terminator.Trap _ -> List.of(end);
    };
  }

  /** Numbers all blocks from which the end is reached, in postorder of the reversed graph. */
  private static void number(
      int end, List<List<Integer>> before, int[] order, List<Integer> postorder) {
    int[] nextChild = new int[order.length];
    boolean[] seen = new boolean[order.length];
    List<Integer> stack = new ArrayList<>();
    stack.add(end);
    seen[end] = true;
    while (!stack.isEmpty()) {
      int block = stack.getLast();
      List<Integer> children = before.get(block);
      if (nextChild[block] < children.size()) {
        int child = children.get(nextChild[block]++);
        if (!seen[child]) {
          seen[child] = true;
          stack.add(child);
        }
      } else {
        order[block] = postorder.size();
        postorder.add(block);
        stack.removeLast();
      }
    }
  }

  private static void settle(
      List<Integer> postorder, int[] order, List<List<Integer>> after, int[] dominator) {
    boolean changed = true;
    while (changed) {
      changed = false;
      for (int block : postorder.reversed().subList(1, postorder.size())) {
        int meeting = -1;
        for (int next : after.get(block)) {
          if (dominator[next] >= 0) {
            meeting = meeting < 0 ? next : meet(meeting, next, order, dominator);
          }
        }
        if (dominator[block] != meeting) {
          dominator[block] = meeting;
          changed = true;
        }
      }
    }
  }

  private static int meet(int a, int b, int[] order, int[] dominator) {
    int x = a;
    int y = b;
    while (x != y) {
      if (order[x] < order[y]) {
        x = dominator[x];
      } else {
        y = dominator[y];
      }
    }
    return x;
  }
}
