package dev.multibox.model;

import dev.multibox.autograd.HeadVariables;
import dev.multibox.autograd.Tape;
import dev.multibox.autograd.Variable;
import dev.multibox.backend.ConvolutionParams;
import dev.multibox.backend.HeadLayout;
import dev.multibox.model.SsdDefinition.HeadStart;
import dev.multibox.nn.Conv;
import dev.multibox.nn.GraphBuilder;
import dev.multibox.nn.LayerSummary;
import dev.multibox.nn.Scope;
import dev.multibox.tensor.Shape;
import java.util.ArrayList;
import java.util.List;

/**
 * The heads: on each feature map one 3×3 convolution that gives the class logits and the offsets of
 * all priors of a cell (Liu et al., SSD, section 2.1, whose two convolutions are here one).
 */
final class SsdHeads {
  private final List<Conv> convolutions = new ArrayList<>();
  private final List<HeadLayout> layouts = new ArrayList<>();

  /**
   * Declares one head for each map.
   *
   * @param maps {@code [N, H, W, C]} of each feature map
   * @param priorsPerCell for each map
   * @param classes background included
   * @param start how filters and biases start
   */
  SsdHeads(
      Scope scope, List<Shape> maps, List<Integer> priorsPerCell, int classes, HeadStart start) {
    if (maps.size() != priorsPerCell.size()) {
      throw new IllegalArgumentException(
          "heads: %d feature maps and prior settings for %d levels"
              .formatted(maps.size(), priorsPerCell.size()));
    }
    int firstPrior = 0;
    for (int level = 0; level < maps.size(); level++) {
      Shape map = maps.get(level);
      int priors = priorsPerCell.get(level);
      Shape filter = Shape.of(HeadLayout.channels(priors, classes, 1), 3, 3, map.dim(3));
      convolutions.add(
          Conv.ofHead(
              scope.child(Integer.toString(level)),
              filter,
              ConvolutionParams.of(1, 1),
              start.filters(),
              start.bias().apply(filter)));
      int channels = HeadLayout.channels(priors, classes, scope.channelMultiple());
      HeadLayout layout =
          new HeadLayout(map.intDim(1), map.intDim(2), priors, classes, channels, firstPrior);
      layouts.add(layout);
      firstPrior += layout.priors();
    }
  }

  HeadVariables forward(Tape tape, List<Variable> maps) {
    List<Variable> levels = new ArrayList<>();
    for (int level = 0; level < maps.size(); level++) {
      levels.add(convolutions.get(level).forward(tape, maps.get(level)));
    }
    return new HeadVariables(levels, layouts);
  }

  /** The ops of {@link #forward} for maps of these shapes. */
  List<LayerSummary> summaries(List<Shape> maps) {
    List<LayerSummary> summaries = new ArrayList<>();
    for (int level = 0; level < maps.size(); level++) {
      summaries.addAll(convolutions.get(level).summaries(maps.get(level)));
    }
    return summaries;
  }

  /** Appends each map's head to another form of the network. */
  <V> List<V> appendTo(GraphBuilder<V> graph, List<V> maps) {
    List<V> levels = new ArrayList<>();
    for (int level = 0; level < maps.size(); level++) {
      levels.add(convolutions.get(level).appendTo(graph, maps.get(level)));
    }
    return levels;
  }

  List<HeadLayout> layouts() {
    return layouts;
  }
}
