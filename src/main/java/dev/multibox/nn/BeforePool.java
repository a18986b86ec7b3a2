package dev.multibox.nn;

import dev.multibox.autograd.Tape;
import dev.multibox.autograd.Variable;
import dev.multibox.backend.PoolingParams;

/** A layer that runs as one unit with the max pooling behind it. */
interface BeforePool extends Layer {
  /** {@code maxPool(forward(x))}. */
  Variable forwardPooled(Tape tape, Variable x, PoolingParams pool);
}
