package dev.multibox.backend.cuda.sim;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;

/**
 * Captured work, done as a whole: in any order in which each piece follows those it was captured
 * after.
 */
final class GraphWork extends Work {
  /**
   * A piece of a graph.
   *
   * @param before the numbers of all pieces that precede it
   */
  record Node(Work work, BitSet before) {}

  private final List<Node> nodes = new ArrayList<>();

  GraphWork() {
    super("graph");
  }

  /**
   * Adds a piece.
   *
   * @param before the numbers of the pieces that precede it, all of them
   * @return its number
   */
  int add(Work work, BitSet before) {
    nodes.add(new Node(work, (BitSet) before.clone()));
    return nodes.size() - 1;
  }

  @Override
  int pieces() {
    return nodes.size();
  }

  @Override
  Touched run(SimulatedDriver driver, boolean keep) {
    boolean parallel = isParallel();
    Touched all = Touched.nothing(name());
    List<Touched> done = new ArrayList<>();
    BitSet finished = new BitSet();
    List<Integer> order = new ArrayList<>();
    while (order.size() < nodes.size() && !driver.timeline().isEnded()) {
      int next = next(driver, finished);
      Touched touched = nodes.get(next).work().run(driver, keep || parallel);
      for (int i = 0; i < done.size(); i++) {
        if (!nodes.get(next).before().get(order.get(i))) {
          driver.timeline().reportRace(touched, done.get(i));
        }
      }
      done.add(touched);
      order.add(next);
      finished.set(next);
      all = all.with(touched);
    }
    if (!keep) {
      all.release();
    }
    return all;
  }

  /** Whether two pieces are not ordered. */
  private boolean isParallel() {
    for (int i = 0; i < nodes.size(); i++) {
      if (nodes.get(i).before().cardinality() != i) {
        return true;
      }
    }
    return false;
  }

  /** One of the pieces whose predecessors are finished. */
  private int next(SimulatedDriver driver, BitSet finished) {
    List<Integer> ready = new ArrayList<>();
    for (int i = 0; i < nodes.size(); i++) {
      BitSet missing = (BitSet) nodes.get(i).before().clone();
      missing.andNot(finished);
      if (!finished.get(i) && missing.isEmpty()) {
        ready.add(i);
      }
    }
    return ready.get(driver.draw(ready.size()));
  }
}
