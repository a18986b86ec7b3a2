package dev.multibox.nn;

import dev.multibox.autograd.BatchNormOps;
import dev.multibox.autograd.Tape;
import dev.multibox.autograd.Variable;
import dev.multibox.backend.Activation;
import dev.multibox.backend.ConvolutionParams;
import dev.multibox.tensor.Shape;

/** A convolution without bias, batch norm and an activation, as one fused unit. */
public final class ConvBn implements Layer {
  private final Parameter weight;
  private final BatchNorm norm;
  private final Activation activation;
  private final ConvolutionParams params;

  /** With PyTorch's epsilon and momentum; the filter starts by He's rule. */
  public ConvBn(Scope scope, Shape filter, ConvolutionParams params, Activation activation) {
    this(scope, filter, filter, params, activation);
  }

  private ConvBn(
      Scope scope,
      Shape filter,
      Shape storedFilter,
      ConvolutionParams params,
      Activation activation) {
    this.params = params;
    this.activation = activation;
    weight =
        scope.child("conv").weight("weight", filter, storedFilter, Initializer.kaimingNormal());
    norm = new BatchNorm(scope.child("bn"), filter.dim(0), BatchNorm.EPSILON, BatchNorm.MOMENTUM);
  }

  /** The first layer of a network, which reads the image with its padded channels. */
  public static ConvBn ofImage(
      Scope scope, Shape filter, ConvolutionParams params, Activation activation) {
    Shape stored =
        Shape.of(filter.dim(0), filter.dim(1), filter.dim(2), scope.padded(filter.dim(3)));
    return new ConvBn(scope, filter, stored, params, activation);
  }

  @Override
  public Variable forward(Tape tape, Variable x) {
    return BatchNormOps.convBn(tape, x, weight.variable(), params, norm.op(), activation);
  }

  @Override
  public Shape outputShape(Shape x) {
    return params.outputShape(x, weight.storedShape());
  }
}
