package dev.multibox.nn;

import dev.multibox.autograd.PoolingOps;
import dev.multibox.autograd.Tape;
import dev.multibox.autograd.Variable;
import dev.multibox.backend.PoolingParams;
import dev.multibox.tensor.Shape;
import java.util.List;

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

  /** Backward reads the place of each maximum, a byte. */
  @Override
  public List<LayerSummary> summaries(Shape x) {
    Shape out = outputShape(x);
    String operation =
        "max pool %dx%d /%d"
            .formatted(params.windowHeight(), params.windowWidth(), params.strideHeight());
    return List.of(
        new LayerSummary("", operation, out, 0, 0, out.size() * (Float.BYTES + Byte.BYTES)));
  }

  @Override
  public <V> V appendTo(GraphBuilder<V> graph, V x) {
    return graph.maxPool(x, params);
  }
}
