package dev.multibox.autograd;

/**
 * What a training step computes again in backward instead of keeping it from forward to then. The
 * results have the same bits whichever it is: the same kernels run on the same inputs, and what may
 * happen once only, statistics and random draws, is kept.
 */
public enum Recompute {
  /** Nothing: the fastest. */
  NONE,
  /** Norms with their activation, from what they are of, which is kept anyway. */
  NORM,
  /** Residual blocks, from their input; elsewhere as {@link #NORM}. */
  BLOCK
}
