package dev.multibox.nn;

import dev.multibox.autograd.PoolingOps;
import dev.multibox.autograd.Tape;
import dev.multibox.autograd.Variable;
import dev.multibox.backend.PoolingParams;
import dev.multibox.tensor.Shape;

/** Max pooling; it learns nothing. */
public record MaxPool(PoolingParams params) implements Layer {
  @Override
  public Variable forward(Tape tape, Variable x) {
    return PoolingOps.maxPool(tape, x, params);
  }

  @Override
  public Shape outputShape(Shape x) {
    return params.outputShape(x);
  }
}
