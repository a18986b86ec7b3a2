package dev.multibox.nn;

import dev.multibox.autograd.ConvolutionOps;
import dev.multibox.autograd.Tape;
import dev.multibox.autograd.Variable;
import dev.multibox.backend.Activation;
import dev.multibox.backend.ConvolutionParams;
import dev.multibox.backend.PoolingParams;
import dev.multibox.tensor.Shape;
import java.util.List;

/** A convolution with bias and an activation. */
public final class Conv implements BeforePool {
  private final String name;
  private final Filter filter;
  private final Parameter bias;
  private final Activation activation;

  /** The bias starts at zero. */
  public Conv(
      Scope scope,
      Shape filter,
      ConvolutionParams params,
      Activation activation,
      Initializer initializer) {
    this(scope, filter, filter, params, activation, initializer, Initializer.constant(0));
  }

  private Conv(
      Scope scope,
      Shape filter,
      Shape storedFilter,
      ConvolutionParams params,
      Activation activation,
      Initializer initializer,
      Initializer biasInitializer) {
    name = scope.name();
    this.activation = activation;
    this.filter = new Filter(scope.weight("weight", filter, storedFilter, initializer), params);
    bias =
        scope.bias("bias", Shape.of(filter.dim(0)), Shape.of(storedFilter.dim(0)), biasInitializer);
  }

  /** The first layer of a network, which reads the image with its padded channels. */
  public static Conv ofImage(
      Scope scope,
      Shape filter,
      ConvolutionParams params,
      Activation activation,
      Initializer initializer) {
    Shape stored = scope.paddedInput(filter);
    return new Conv(
        scope, filter, stored, params, activation, initializer, Initializer.constant(0));
  }

  /** A head, whose output has padded channels. */
  public static Conv ofHead(
      Scope scope,
      Shape filter,
      ConvolutionParams params,
      Initializer initializer,
      Initializer biasInitializer) {
    Shape stored =
        Shape.of(scope.padded(filter.dim(0)), filter.dim(1), filter.dim(2), filter.dim(3));
    return new Conv(scope, filter, stored, params, Activation.NONE, initializer, biasInitializer);
  }

  @Override
  public Variable forward(Tape tape, Variable x) {
    return ConvolutionOps.convBias(
        tape, x, filter.variable(), bias.variable(), activation, filter.params());
  }

  @Override
  public Variable forwardPooled(Tape tape, Variable x, PoolingParams pool) {
    return ConvolutionOps.convBiasMaxPool(
        tape, x, filter.variable(), bias.variable(), activation, filter.params(), pool);
  }

  @Override
  public Shape outputShape(Shape x) {
    return filter.outputShape(x);
  }

  @Override
  public List<LayerSummary> summaries(Shape x) {
    return List.of(summary(1, x));
  }

  @Override
  public List<LayerSummary> summariesPooled(Shape x) {
    return List.of(summary(0, x));
  }

  private LayerSummary summary(int results, Shape x) {
    return filter.summary(name, "", activation, bias.shape().size(), results, x);
  }

  @Override
  public <V> V appendTo(GraphBuilder<V> graph, V x) {
    V y = graph.convolution(x, filter.weight(), bias, filter.params());
    return graph.activation(y, activation);
  }
}
