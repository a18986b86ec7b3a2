package dev.multibox.nn;

import dev.multibox.autograd.Tape;
import dev.multibox.autograd.Variable;
import dev.multibox.backend.PoolingParams;
import dev.multibox.tensor.Shape;
import java.util.List;

/** A layer that runs as one unit with the max pooling behind it. */
interface BeforePool extends Layer {
  /** {@code maxPool(forward(x))}. */
  Variable forwardPooled(Tape tape, Variable x, PoolingParams pool);

  /** What {@link #summaries} says where a pooling follows, which keeps what is pooled no longer. */
  List<LayerSummary> summariesPooled(Shape x);
}
