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
    this.params = params;
    this.activation = activation;
    weight = scope.weight("weight", filter, initializer);
    bias = scope.undecayed("bias", Shape.of(filter.dim(0)), Initializer.constant(0));
  }

  @Override
  public Variable forward(Tape tape, Variable x) {
    return ConvolutionOps.convBias(tape, x, weight.variable(), bias.variable(), activation, params);
  }

  @Override
  public Shape outputShape(Shape x) {
    return params.outputShape(x, weight.shape());
  }
}
