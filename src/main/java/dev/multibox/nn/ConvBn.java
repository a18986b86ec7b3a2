package dev.multibox.nn;

import dev.multibox.autograd.BatchNormOps;
import dev.multibox.autograd.Tape;
import dev.multibox.autograd.Variable;
import dev.multibox.backend.Activation;
import dev.multibox.backend.ConvolutionParams;
import dev.multibox.backend.PoolingParams;
import dev.multibox.tensor.Shape;
import java.util.List;

/** A convolution without bias, batch norm and an activation, as one fused unit. */
public final class ConvBn implements BeforePool {
  /**
   * What the units of a network have in common.
   *
   * @param initializer how their filters start
   * @param epsilon of their norms, added to the variance
   * @param momentum of their norms, the weight of a batch in the running averages
   */
  public record Form(Initializer initializer, float epsilon, float momentum) {
    /** With PyTorch's epsilon and momentum. */
    public static Form of(Initializer initializer) {
      return new Form(initializer, BatchNorm.EPSILON, BatchNorm.MOMENTUM);
    }
  }

  private final String name;
  private final Filter filter;
  private final BatchNorm norm;
  private final Activation activation;

  /** With PyTorch's epsilon and momentum; the filter starts by He's rule. */
  public ConvBn(Scope scope, Shape filter, ConvolutionParams params, Activation activation) {
    this(scope, filter, params, activation, Initializer.kaimingNormal());
  }

  /** With PyTorch's epsilon and momentum. */
  public ConvBn(
      Scope scope,
      Shape filter,
      ConvolutionParams params,
      Activation activation,
      Initializer initializer) {
    this(scope, filter, params, activation, Form.of(initializer));
  }

  /** With everything chosen. */
  public ConvBn(
      Scope scope, Shape filter, ConvolutionParams params, Activation activation, Form form) {
    this(scope, filter, filter, params, activation, form);
  }

  private ConvBn(
      Scope scope,
      Shape filter,
      Shape storedFilter,
      ConvolutionParams params,
      Activation activation,
      Form form) {
    name = scope.name();
    this.activation = activation;
    Parameter weight = scope.child("conv").weight("weight", filter, storedFilter, form.initializer);
    this.filter = new Filter(weight, params);
    norm = new BatchNorm(scope.child("bn"), filter.dim(0), form.epsilon, form.momentum);
  }

  /** The first layer of a network, which reads the image with its padded channels. */
  public static ConvBn ofImage(
      Scope scope, Shape filter, ConvolutionParams params, Activation activation) {
    return ofImage(scope, filter, params, activation, Form.of(Initializer.kaimingNormal()));
  }

  /** The same with everything chosen. */
  public static ConvBn ofImage(
      Scope scope, Shape filter, ConvolutionParams params, Activation activation, Form form) {
    Shape stored = scope.paddedInput(filter);
    return new ConvBn(scope, filter, stored, params, activation, form);
  }

  @Override
  public Variable forward(Tape tape, Variable x) {
    return BatchNormOps.convBn(tape, x, filter.variable(), filter.params(), norm.op(), activation);
  }

  @Override
  public Variable forwardPooled(Tape tape, Variable x, PoolingParams pool) {
    return BatchNormOps.convBnMaxPool(
        tape, x, filter.variable(), filter.params(), norm.op(), activation, pool);
  }

  /** {@code activation(norm(conv(x)) + residual)}. */
  Variable forwardAdd(Tape tape, Variable x, Variable residual) {
    return BatchNormOps.convBnAdd(
        tape, x, filter.variable(), filter.params(), norm.op(), residual, activation);
  }

  @Override
  public Shape outputShape(Shape x) {
    return filter.outputShape(x);
  }

  @Override
  public List<LayerSummary> summaries(Shape x) {
    return List.of(summary("batch norm", 2, x));
  }

  @Override
  public List<LayerSummary> summariesPooled(Shape x) {
    return List.of(summary("batch norm", 1, x));
  }

  @Override
  public <V> V appendTo(GraphBuilder<V> graph, V x) {
    return graph.activation(normalised(graph, x), activation);
  }

  /** Appends what {@link #forwardAdd} computes. */
  <V> V appendAdd(GraphBuilder<V> graph, V x, V residual) {
    return graph.activation(graph.add(normalised(graph, x), residual), activation);
  }

  private <V> V normalised(GraphBuilder<V> graph, V x) {
    return graph.batchNorm(graph.convolution(x, filter.weight(), null, filter.params()), norm);
  }

  /** The line of {@link #forwardAdd}. */
  LayerSummary summaryOfAdd(Shape x) {
    return summary("batch norm, add", 2, x);
  }

  /** Backward reads the convolution's result besides the norm's. */
  private LayerSummary summary(String fused, int results, Shape x) {
    return filter.summary(name, fused, activation, norm.parameterCount(), results, x);
  }
}
