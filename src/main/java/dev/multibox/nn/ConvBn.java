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
    this.params = params;
    this.activation = activation;
    weight = scope.child("conv").weight("weight", filter, Initializer.kaimingNormal());
    norm = new BatchNorm(scope.child("bn"), filter.dim(0), BatchNorm.EPSILON, BatchNorm.MOMENTUM);
  }

  @Override
  public Variable forward(Tape tape, Variable x) {
    return BatchNormOps.convBn(tape, x, weight.variable(), params, norm.op(), activation);
  }

  @Override
  public Shape outputShape(Shape x) {
    return params.outputShape(x, weight.shape());
  }
}
