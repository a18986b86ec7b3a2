package dev.multibox.nn;

import dev.multibox.autograd.L2NormOps;
import dev.multibox.autograd.Tape;
import dev.multibox.autograd.Variable;
import dev.multibox.backend.L2NormKernels;
import dev.multibox.tensor.Shape;
import java.util.List;

/** L2 normalisation over channels with a learned scale, which SSD starts at 20. */
public final class L2Norm implements Layer {
  /** The scale SSD starts with (Liu et al., SSD, section 3.1). */
  public static final float INITIAL_SCALE = 20;

  private final String name;
  private final Parameter scale;
  private final L2NormKernels.Guard guard;
  private final float epsilon;

  public L2Norm(Scope scope, long channels, L2NormKernels.Guard guard, float epsilon) {
    name = scope.name();
    scale = scope.scale("scale", Shape.of(channels), Initializer.constant(INITIAL_SCALE));
    this.guard = guard;
    this.epsilon = epsilon;
  }

  @Override
  public Variable forward(Tape tape, Variable x) {
    return L2NormOps.l2Norm(tape, x, scale.variable(), guard, epsilon);
  }

  @Override
  public Shape outputShape(Shape x) {
    return x;
  }

  /** Backward reads the divisor of each pixel besides. */
  @Override
  public List<LayerSummary> summaries(Shape x) {
    return List.of(
        new LayerSummary(
            name,
            "l2 norm, scale",
            x,
            scale.shape().size(),
            0,
            (x.size() + x.rows()) * Float.BYTES));
  }

  @Override
  public <V> V appendTo(GraphBuilder<V> graph, V x) {
    return graph.l2Norm(x, scale, guard, epsilon);
  }
}
