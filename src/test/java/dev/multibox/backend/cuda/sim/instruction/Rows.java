package dev.multibox.backend.cuda.sim.instruction;

import dev.multibox.backend.cuda.sim.ptx.PtxType;
import dev.multibox.backend.cuda.sim.ptx.Register;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/**
 * Deals out the rows of a warp: one of 32 {@code int} for each register of up to 32 bits, one of 32
 * {@code long} for each of 64, one bit mask for each predicate. Constants have rows too, so that an
 * operand is always a row. Registers of 16 bits are kept zero-extended.
 */
public final class Rows {
  private final Map<Register, Integer> registers = new HashMap<>();
  private final Map<Integer, Integer> intConstants = new HashMap<>();
  private final Map<Long, Integer> longConstants = new HashMap<>();
  private int ints;
  private int longs;
  private int predicates = 1;

  /** The row of a register, among those of its width. */
  int row(Register register) {
    return registers.computeIfAbsent(register, this::newRow);
  }

  private int newRow(Register register) {
    PtxType type = register.type();
    return type == PtxType.PRED ? predicates++ : type.isWide() ? longs++ : ints++;
  }

  /** A row of {@code int} that no register has. */
  int spareInt() {
    return ints++;
  }

  /** A row of {@code long} that no register has. */
  int spareLong() {
    return longs++;
  }

  /** A predicate that no register has. */
  int sparePredicate() {
    return predicates++;
  }

  /** The predicate that always holds. */
  public int truth() {
    return 0;
  }

  int constant(int value) {
    return intConstants.computeIfAbsent(value, _ -> ints++);
  }

  int constant(long value) {
    return longConstants.computeIfAbsent(value, _ -> longs++);
  }

  /** The rows of a warp, with the constants set. */
  public int[][] newInts() {
    int[][] all = new int[ints][Warp.LANES];
    intConstants.forEach((value, row) -> Arrays.fill(all[row], value));
    return all;
  }

  /** The rows of a warp, with the constants set. */
  public long[][] newLongs() {
    long[][] all = new long[longs][Warp.LANES];
    longConstants.forEach((value, row) -> Arrays.fill(all[row], value));
    return all;
  }

  /** The predicates of a warp. */
  public int[] newPredicates() {
    int[] all = new int[predicates];
    all[truth()] = Warp.ALL;
    return all;
  }
}
