package dev.multibox.model;

import dev.multibox.autograd.HeadVariables;
import dev.multibox.autograd.Tape;
import dev.multibox.autograd.Variable;
import dev.multibox.backend.ConvolutionParams;
import dev.multibox.backend.HeadLayout;
import dev.multibox.model.SsdDefinition.HeadStart;
import dev.multibox.nn.Conv;
import dev.multibox.nn.GraphBuilder;
import dev.multibox.nn.Layer;
import dev.multibox.nn.LayerSummary;
import dev.multibox.nn.Scope;
import dev.multibox.tensor.Shape;
import java.util.ArrayList;
import java.util.List;

/**
 * The heads: on each feature map one 3×3 convolution that gives the class logits and the offsets of
 * all priors of a cell (Liu et al., SSD, section 2.1, whose two convolutions are here one), or a
 * {@link SeparableHead}.
 */
final class SsdHeads {
  private final List<Layer> heads = new ArrayList<>();
  private final List<HeadLayout> layouts = new ArrayList<>();

  /**
   * Declares one head for each map.
   *
   * @param maps {@code [N, H, W, C]} of each feature map
   * @param priorsPerCell for each map
   * @param classes background included
   * @param form what each is made of
   * @param start how filters and biases start
   */
  SsdHeads(
      Scope scope,
      List<Shape> maps,
      List<Integer> priorsPerCell,
      int classes,
      HeadForm form,
      HeadStart start) {
    if (maps.size() != priorsPerCell.size()) {
      throw new IllegalArgumentException(
          "heads: %d feature maps and prior settings for %d levels"
              .formatted(maps.size(), priorsPerCell.size()));
    }
    int firstPrior = 0;
    for (int level = 0; level < maps.size(); level++) {
      Shape map = maps.get(level);
      int priors = priorsPerCell.get(level);
      int channels = HeadLayout.channels(priors, classes, scope.channelMultiple());
      HeadLayout layout =
          new HeadLayout(map.intDim(1), map.intDim(2), priors, classes, channels, firstPrior);
      layouts.add(layout);
      Scope own = scope.child(Integer.toString(level));
      heads.add(
          switch (form) {
            case CONVOLUTION -> convolution(own, map, layout, start);
            case SEPARABLE -> new SeparableHead(own, map, layout, start);
          });
      firstPrior += layout.priors();
    }
  }

  private static Conv convolution(Scope scope, Shape map, HeadLayout layout, HeadStart start) {
    int channels = HeadLayout.channels(layout.priorsPerCell(), layout.classes(), 1);
    Shape filter = Shape.of(channels, 3, 3, map.dim(3));
    return Conv.ofHead(
        scope, filter, ConvolutionParams.of(1, 1), start.filters(), start.bias().apply(filter));
  }

  HeadVariables forward(Tape tape, List<Variable> maps) {
    List<Variable> levels = new ArrayList<>();
    for (int level = 0; level < maps.size(); level++) {
      levels.add(heads.get(level).forward(tape, maps.get(level)));
    }
    return new HeadVariables(levels, layouts);
  }

  /** The ops of {@link #forward} for maps of these shapes. */
  List<LayerSummary> summaries(List<Shape> maps) {
    List<LayerSummary> summaries = new ArrayList<>();
    for (int level = 0; level < maps.size(); level++) {
      summaries.addAll(heads.get(level).summaries(maps.get(level)));
    }
    return summaries;
  }

  /** Appends each map's head to another form of the network. */
  <V> List<V> appendTo(GraphBuilder<V> graph, List<V> maps) {
    List<V> levels = new ArrayList<>();
    for (int level = 0; level < maps.size(); level++) {
      levels.add(heads.get(level).appendTo(graph, maps.get(level)));
    }
    return levels;
  }

  List<HeadLayout> layouts() {
    return layouts;
  }
}
