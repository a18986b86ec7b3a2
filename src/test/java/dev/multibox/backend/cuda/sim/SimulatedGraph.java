package dev.multibox.backend.cuda.sim;

import dev.multibox.backend.cuda.driver.Graph;

/** Captured work. */
final class SimulatedGraph implements Graph {
  private final GraphWork work;

  SimulatedGraph(GraphWork work) {
    this.work = work;
  }

  GraphWork work() {
    return work;
  }

  @Override
  public int size() {
    return work.pieces();
  }

  @Override
  public void close() {
    // Nothing is held.
  }
}
