package dev.multibox.nn;

import dev.multibox.autograd.ConvolutionOps;
import dev.multibox.autograd.Tape;
import dev.multibox.autograd.Variable;
import dev.multibox.backend.Activation;
import dev.multibox.backend.ConvolutionParams;
import dev.multibox.tensor.Shape;

/** A convolution with bias and an activation. */
public final class Conv implements Layer {
  private final Parameter weight;
  private final Parameter bias;
  private final Activation activation;
  private final ConvolutionParams params;

  /** The bias starts at zero. */
  public Conv(
      Scope scope,
      Shape filter,
      ConvolutionParams params,
      Activation activation,
      Initializer initializer) {
    this(scope, filter, filter, params, activation, initializer);
  }

  private Conv(
      Scope scope,
      Shape filter,
      Shape storedFilter,
      ConvolutionParams params,
      Activation activation,
      Initializer initializer) {
    this.params = params;
    this.activation = activation;
    weight = scope.weight("weight", filter, storedFilter, initializer);
    bias =
        scope.undecayed(
            "bias",
            Shape.of(filter.dim(0)),
            Shape.of(storedFilter.dim(0)),
            Initializer.constant(0));
  }

  /** A head, whose output has padded channels. */
  public static Conv ofHead(
      Scope scope, Shape filter, ConvolutionParams params, Initializer initializer) {
    Shape stored =
        Shape.of(scope.padded(filter.dim(0)), filter.dim(1), filter.dim(2), filter.dim(3));
    return new Conv(scope, filter, stored, params, Activation.NONE, initializer);
  }

  @Override
  public Variable forward(Tape tape, Variable x) {
    return ConvolutionOps.convBias(tape, x, weight.variable(), bias.variable(), activation, params);
  }

  @Override
  public Shape outputShape(Shape x) {
    return params.outputShape(x, weight.storedShape());
  }
}
