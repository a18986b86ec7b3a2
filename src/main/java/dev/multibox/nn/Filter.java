package dev.multibox.nn;

import dev.multibox.autograd.Variable;
import dev.multibox.backend.Activation;
import dev.multibox.backend.ConvolutionParams;
import dev.multibox.tensor.Shape;
import java.util.Locale;

/** A convolution's filter and how it is laid over the input: what all layers with one share. */
record Filter(Parameter weight, ConvolutionParams params) {
  Variable variable() {
    return weight.variable();
  }

  Shape outputShape(Shape x) {
    return params.outputShape(x, weight.storedShape());
  }

  /**
   * The line of a layer that is this convolution and what is fused behind it.
   *
   * @param norm what stands between convolution and activation, for example {@code batch norm}
   * @param others parameters besides the filter
   * @param results tensors of the output's size that forward leaves for backward
   */
  LayerSummary summary(
      String name, String norm, Activation activation, long others, int results, Shape x) {
    Shape out = outputShape(x);
    StringBuilder operation = new StringBuilder("conv ").append(geometry());
    if (!norm.isEmpty()) {
      operation.append(", ").append(norm);
    }
    if (activation != Activation.NONE) {
      operation.append(", ").append(activation.name().toLowerCase(Locale.ROOT).replace('_', ' '));
    }
    return new LayerSummary(
        name,
        operation.toString(),
        out,
        weight.shape().size() + others,
        // Each pixel of the output takes one product for each weight.
        out.rows() * weight.shape().size(),
        results * out.size() * Float.BYTES);
  }

  private String geometry() {
    Shape filter = weight.shape();
    StringBuilder text = new StringBuilder();
    text.append(filter.dim(1)).append('x').append(filter.dim(2));
    if (params.strideHeight() > 1) {
      text.append(" /").append(params.strideHeight());
    }
    if (params.dilationHeight() > 1) {
      text.append(" dilated ").append(params.dilationHeight());
    }
    if (params.groups() > 1) {
      text.append(params.groups() == filter.dim(0) ? " depthwise" : " groups " + params.groups());
    }
    return text.toString();
  }
}
