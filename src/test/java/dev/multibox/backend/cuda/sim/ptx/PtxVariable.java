package dev.multibox.backend.cuda.sim.ptx;

import java.util.List;

/**
 * A variable in memory.
 *
 * @param space {@code global}, {@code const}, {@code shared}, {@code local} or {@code param}
 * @param bytes its size; 0 for the dynamic shared memory of a launch
 * @param values what it starts with, element by element; empty if nothing is said
 */
public record PtxVariable(
    String space, PtxType type, String name, int alignment, long bytes, List<Operand> values) {
  /** Whether its size is the launch's to say. */
  public boolean isDynamic() {
    return space.equals("shared") && bytes == 0;
  }
}
