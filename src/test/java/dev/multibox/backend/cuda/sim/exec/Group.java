package dev.multibox.backend.cuda.sim.exec;

import org.jspecify.annotations.Nullable;

/** Lanes of a warp that run together. */
final class Group {
  enum State {
    READY,
    /** Waits for the lanes of a {@link Collective} at the end of its block. */
    TOGETHER,
    /** Waits for a {@link Barrier} at the end of its block. */
    BARRIER,
    /** Its lanes have ended, wait at a join, or are part of another group. */
    GONE
  }

  int mask;

  /** The block that they run next, or at whose end they wait. */
  int block;

  @Nullable Join join;
  State state = State.READY;

  /** The last block they ran that did something. */
  int lastBlock;

  Group(int mask, int block, @Nullable Join join) {
    this.mask = mask;
    this.block = block;
    this.join = join;
    lastBlock = block;
  }

  /** Goes on with another block. */
  void resume(int next) {
    block = next;
    state = State.READY;
  }
}
