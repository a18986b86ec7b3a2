package dev.multibox.backend;

/** What a backward kernel does with what its gradient buffer holds. */
public enum Accumulate {
  /** The first gradient into a buffer: its old content is never read. */
  OVERWRITE,
  /** A later gradient: it is added to what is there. */
  ADD
}
