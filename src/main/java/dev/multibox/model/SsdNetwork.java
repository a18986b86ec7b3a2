package dev.multibox.model;

import dev.multibox.autograd.HeadVariables;
import dev.multibox.autograd.Tape;
import dev.multibox.autograd.Variable;
import dev.multibox.backend.HeadLayout;
import dev.multibox.box.PriorBoxes;
import dev.multibox.nn.GraphBuilder;
import dev.multibox.nn.LayerSummary;
import dev.multibox.nn.Scope;
import dev.multibox.tensor.Shape;
import java.util.ArrayList;
import java.util.List;

/**
 * The layers of a detector for one input size and number of classes, declared and without memory:
 * enough to count, to name every parameter and to lay out priors. {@link Ssd} gives it memory.
 */
public final class SsdNetwork {
  private final Ssd.Config config;
  private final Scope scope;
  private final int imageChannels;
  private final Backbone backbone;
  private final List<Shape> maps;
  private final SsdHeads heads;

  /**
   * Declares the network.
   *
   * @param channelMultiple what the backend pads the image's and the heads' channels to
   * @throws IllegalArgumentException if the input is too small for it
   */
  public SsdNetwork(Ssd.Config config, int channelMultiple) {
    this.config = config;
    SsdDefinition definition = config.definition();
    scope = new Scope(channelMultiple);
    imageChannels = Math.toIntExact(scope.padded(3));
    backbone = definition.backbone().apply(scope.child("backbone"));
    maps = featureShapes();
    heads =
        new SsdHeads(
            scope.child("heads"),
            maps,
            definition.priors().priorsPerCell(),
            config.classes(),
            definition.heads(),
            definition.headStart());
  }

  private List<Shape> featureShapes() {
    try {
      return backbone.featureShapes(imageShape(1));
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(
          "%s: an input of %d x %d is too small (%s)"
              .formatted(
                  config.definition().name(),
                  config.inputHeight(),
                  config.inputWidth(),
                  e.getMessage()),
          e);
    }
  }

  /** {@code [batch, H, W, C]} of the image, its channels padded as the backend wants them. */
  public Shape imageShape(int batch) {
    return Shape.of(batch, config.inputHeight(), config.inputWidth(), imageChannels);
  }

  /** Runs the network on an image of {@link #imageShape}. */
  public HeadVariables forward(Tape tape, Variable image) {
    return heads(tape, features(tape, image));
  }

  /** What the heads see of the image, the finest map first. */
  List<Variable> features(Tape tape, Variable image) {
    return backbone.features(tape, image);
  }

  /** Runs the heads on what {@link #features} gave. */
  HeadVariables heads(Tape tape, List<Variable> maps) {
    return heads.forward(tape, maps);
  }

  /**
   * Appends what {@link #forward} computes to another form of the network.
   *
   * @return the heads' outputs, the finest map's first, to be read as {@link #headLayouts} says
   */
  public <V> List<V> appendTo(GraphBuilder<V> graph, V image) {
    return heads.appendTo(graph, backbone.appendTo(graph, image));
  }

  /** Every op that {@link #forward} runs for one image, in order. */
  public List<LayerSummary> summaries() {
    List<LayerSummary> summaries = new ArrayList<>(backbone.summaries(imageShape(1)));
    summaries.addAll(heads.summaries(maps));
    return summaries;
  }

  /** Multiply-adds of all convolutions for one image, as GMAC in 10^9 are stated. */
  public long multiplyAdds() {
    return LayerSummary.multiplyAdds(summaries());
  }

  /** {@code [1, H, W, C]} of each feature map. */
  public List<Shape> maps() {
    return maps;
  }

  /** The priors of all maps. */
  public PriorBoxes priors() {
    return PriorBoxes.of(
        config.definition().priors(), maps, config.inputHeight(), config.inputWidth());
  }

  /** How the heads' outputs are read, level by level. */
  public List<HeadLayout> headLayouts() {
    return heads.layouts();
  }

  /** Where every parameter and buffer is declared. */
  public Scope scope() {
    return scope;
  }

  public Ssd.Config config() {
    return config;
  }
}
