package dev.multibox.model;

import dev.multibox.autograd.ElementwiseOps;
import dev.multibox.autograd.Tape;
import dev.multibox.autograd.Variable;
import dev.multibox.backend.Activation;
import dev.multibox.backend.ConvolutionParams;
import dev.multibox.backend.HeadLayout;
import dev.multibox.model.SsdDefinition.HeadStart;
import dev.multibox.nn.Conv;
import dev.multibox.nn.ConvBn;
import dev.multibox.nn.GraphBuilder;
import dev.multibox.nn.Layer;
import dev.multibox.nn.LayerSummary;
import dev.multibox.nn.Scope;
import dev.multibox.nn.Sequential;
import dev.multibox.tensor.Shape;
import java.util.ArrayList;
import java.util.List;

/**
 * SSDlite's head (Sandler et al., MobileNetV2, 2018, section 6.2), in torchvision's form: a
 * separable convolution for the logits and another for the offsets, each a 3×3 over every channel
 * by itself, batch norm and ReLU6, and a 1×1.
 *
 * <p>The two have nothing in common but the map, so they stay two, and their results are put side
 * by side where a {@link HeadLayout} expects them. One depthwise convolution to twice the channels
 * and one 1×1 behind it would be the same function only if half of the 1×1 were zeros that training
 * must not touch, at twice the products; what is copied instead is the head's output, the smallest
 * tensor here.
 */
final class SeparableHead implements Layer {
  private static final ConvolutionParams DENSE = ConvolutionParams.of(1, 0);

  private final HeadLayout layout;
  private final Sequential logits;
  private final Sequential offsets;

  SeparableHead(Scope scope, Shape map, HeadLayout layout, HeadStart start) {
    this.layout = layout;
    logits = branch(scope.child("logits"), map, logitChannels(), start);
    offsets = branch(scope.child("offsets"), map, offsetChannels(), start);
  }

  private long logitChannels() {
    return (long) layout.priorsPerCell() * layout.classes();
  }

  private long offsetChannels() {
    return 4L * layout.priorsPerCell();
  }

  private static Sequential branch(Scope scope, Shape map, long out, HeadStart start) {
    long channels = map.dim(3);
    Shape project = Shape.of(out, 1, 1, channels);
    return Sequential.of(
        new ConvBn(
            scope.child("depthwise"),
            Shape.of(channels, 3, 3, 1),
            ConvolutionParams.of(1, 1).withGroups(Math.toIntExact(channels)),
            Activation.RELU6,
            new ConvBn.Form(start.filters(), SsdLite.FORM.epsilon(), SsdLite.FORM.momentum())),
        Conv.ofHead(
            scope.child("project"), project, DENSE, start.filters(), start.bias().apply(project)));
  }

  @Override
  public Variable forward(Tape tape, Variable map) {
    return ElementwiseOps.joinChannels(
        tape,
        logits.forward(tape, map),
        logitChannels(),
        offsets.forward(tape, map),
        offsetChannels(),
        layout.channels());
  }

  @Override
  public Shape outputShape(Shape map) {
    return Shape.of(map.dim(0), map.dim(1), map.dim(2), layout.channels());
  }

  @Override
  public List<LayerSummary> summaries(Shape map) {
    Shape out = outputShape(map);
    List<LayerSummary> summaries = new ArrayList<>(logits.summaries(map));
    summaries.addAll(offsets.summaries(map));
    summaries.add(new LayerSummary("", "join channels", out, 0, 0, out.size() * Float.BYTES));
    return summaries;
  }

  @Override
  public <V> V appendTo(GraphBuilder<V> graph, V map) {
    return graph.joinChannels(logits.appendTo(graph, map), offsets.appendTo(graph, map));
  }
}
