package dev.multibox.nn;

import dev.multibox.autograd.ElementwiseOps;
import dev.multibox.autograd.PoolingOps;
import dev.multibox.autograd.Tape;
import dev.multibox.autograd.Variable;
import dev.multibox.backend.Activation;
import dev.multibox.backend.ConvolutionParams;
import dev.multibox.tensor.Shape;
import java.util.ArrayList;
import java.util.List;

/**
 * Weighs the channels of each image by what all of them are on average (Hu et al.,
 * Squeeze-and-Excitation Networks, 2018, section 3): {@code x
 * hardSigmoid(fc2(relu(fc1(mean(x)))))}, with the hard sigmoid of MobileNetV3 (Howard et al., 2019,
 * section 5.3).
 */
public final class SqueezeExcite implements Layer {
  private static final ConvolutionParams DENSE = ConvolutionParams.of(1, 0);

  private final Conv squeeze;
  private final Conv excite;

  /**
   * @param channels of x
   * @param squeezed channels between the two dense layers
   */
  public SqueezeExcite(Scope scope, long channels, long squeezed, Initializer initializer) {
    squeeze =
        new Conv(
            scope.child("fc1"),
            Shape.of(squeezed, 1, 1, channels),
            DENSE,
            Activation.RELU,
            initializer);
    excite =
        new Conv(
            scope.child("fc2"),
            Shape.of(channels, 1, 1, squeezed),
            DENSE,
            Activation.HARD_SIGMOID,
            initializer);
  }

  @Override
  public Variable forward(Tape tape, Variable x) {
    Variable mean = PoolingOps.globalAverage(tape, x);
    Variable scale = excite.forward(tape, squeeze.forward(tape, mean));
    return ElementwiseOps.scaleChannels(tape, x, scale);
  }

  @Override
  public Shape outputShape(Shape x) {
    return x;
  }

  @Override
  public List<LayerSummary> summaries(Shape x) {
    Shape mean = Shape.of(x.dim(0), 1, 1, x.dim(3));
    List<LayerSummary> summaries = new ArrayList<>();
    summaries.add(learnsNothing("global average", mean));
    summaries.addAll(squeeze.summaries(mean));
    summaries.addAll(excite.summaries(squeeze.outputShape(mean)));
    summaries.add(learnsNothing("scale channels", x));
    return summaries;
  }

  @Override
  public <V> V appendTo(GraphBuilder<V> graph, V x) {
    V squeezed = squeeze.appendTo(graph, graph.globalAverage(x));
    return graph.scaleChannels(x, excite.appendTo(graph, squeezed));
  }

  private static LayerSummary learnsNothing(String operation, Shape out) {
    return new LayerSummary("", operation, out, 0, 0, out.size() * Float.BYTES);
  }
}
