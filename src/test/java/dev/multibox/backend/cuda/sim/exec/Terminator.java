package dev.multibox.backend.cuda.sim.exec;

import dev.multibox.backend.cuda.sim.instruction.Collective;
import dev.multibox.backend.cuda.sim.report.Site;
import java.util.List;
import java.util.Map;

/** What ends a basic block. Blocks are named by their index in the program. */
sealed interface Terminator {
  /** On to another block. */
  record Jump(int target) implements Terminator {}

  /**
   * To one block where a predicate holds, to another where not.
   *
   * @param predicate its row
   */
  record Branch(int predicate, boolean negated, int taken, int otherwise) implements Terminator {}

  /**
   * To one of several blocks, as an index says.
   *
   * @param index the row of the index
   */
  record Switch(int index, List<Integer> targets, Site site) implements Terminator {}

  /** The thread ends, or returns from the function that it is in. */
  record Exit(boolean ofThread) implements Terminator {}

  /**
   * The thread ends with a fault.
   *
   * @param message where in local memory the address of a failed assertion's text lies; negative
   *     for {@code trap}
   */
  record Trap(int message, Site site) implements Terminator {}

  /**
   * To a function, and back to {@code next}.
   *
   * @param targets by the address of the function; a single one if the call is direct
   * @param pointer the row of the address of the function; negative if the call is direct
   */
  record Call(Map<Long, Callee> targets, int pointer, int next, Site site) implements Terminator {}

  /**
   * A function to call, with what to copy in the local memory of each lane.
   *
   * @param arguments copied before the call
   * @param results copied after it
   */
  record Callee(int entry, List<Copy> arguments, List<Copy> results) {}

  /** Bytes of local memory to copy. */
  record Copy(int from, int to, int bytes) {}

  /** Something that waits for other threads of the block, then goes on at {@code next}. */
  record Wait(Barrier barrier, int next) implements Terminator {}

  /** Something that the lanes of a warp do together, then go on at {@code next}. */
  record Together(Collective collective, int next) implements Terminator {}
}
