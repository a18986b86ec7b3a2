package dev.multibox.backend.cuda.sim.exec;

import org.jspecify.annotations.Nullable;

/** A place where lanes that parted come together again. */
final class Join {
  /** The block where they go on together. */
  final int block;

  /** Where those lanes will come together with others. */
  final @Nullable Join outer;

  /** The function that ends here; null if the lanes parted at a branch. */
  final Terminator.@Nullable Callee callee;

  /** The lanes that have not ended and are to come, or have come. */
  int expected;

  /** The lanes that have come. */
  int arrived;

  Join(int block, int expected, @Nullable Join outer, Terminator.@Nullable Callee callee) {
    this.block = block;
    this.expected = expected;
    this.outer = outer;
    this.callee = callee;
  }

  boolean isComplete() {
    return arrived != 0 && arrived == expected;
  }
}
