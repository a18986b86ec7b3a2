package dev.multibox.model;

import dev.multibox.autograd.Tape;
import dev.multibox.autograd.Variable;
import dev.multibox.nn.GraphBuilder;
import dev.multibox.nn.Layer;
import dev.multibox.nn.LayerSummary;
import dev.multibox.tensor.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;

/**
 * The convolutions that turn an image into feature maps of falling resolution: stages one after the
 * other, some of whose outputs the heads look at.
 */
public record Backbone(List<Stage> stages) {
  /**
   * A part of the chain.
   *
   * @param layer what it computes from the stage before
   * @param tapped whether its output is a feature map
   * @param headLayer what the head sees of a tapped output instead of the output itself, as the L2
   *     normalisation behind conv4_3; null for the output itself
   */
  public record Stage(Layer layer, boolean tapped, @Nullable Layer headLayer) {
    /** A stage only the next one looks at. */
    public static Stage hidden(Layer layer) {
      return new Stage(layer, false, null);
    }

    /** A stage whose output is a feature map. */
    public static Stage map(Layer layer) {
      return new Stage(layer, true, null);
    }

    /** A stage whose output becomes a feature map by {@code headLayer}. */
    public static Stage map(Layer layer, Layer headLayer) {
      return new Stage(layer, true, headLayer);
    }
  }

  public Backbone {
    stages = List.copyOf(stages);
    if (stages.stream().noneMatch(Stage::tapped)) {
      throw new IllegalArgumentException("backbone: no stage is a feature map");
    }
  }

  /** The feature maps of an image {@code [N, H, W, C]}, the finest first. */
  public List<Variable> features(Tape tape, Variable image) {
    return walk(image, (layer, x) -> layer.forward(tape, x));
  }

  /** Appends {@link #features} to another form of the network. */
  <V> List<V> appendTo(GraphBuilder<V> graph, V image) {
    return walk(image, (layer, x) -> layer.appendTo(graph, x));
  }

  /**
   * What {@code step} makes of each feature map, the finest first.
   *
   * @param step a layer's result from what it made of the layer's input
   */
  private <V> List<V> walk(V image, BiFunction<Layer, V, V> step) {
    List<V> maps = new ArrayList<>();
    V x = image;
    for (Stage stage : stages) {
      x = step.apply(stage.layer(), x);
      if (stage.tapped()) {
        Layer headLayer = stage.headLayer();
        maps.add(headLayer == null ? x : step.apply(headLayer, x));
      }
    }
    return maps;
  }

  /** Every op of {@link #features} for an image of this shape, in order. */
  public List<LayerSummary> summaries(Shape image) {
    List<LayerSummary> summaries = new ArrayList<>();
    Shape x = image;
    for (Stage stage : stages) {
      summaries.addAll(stage.layer().summaries(x));
      x = stage.layer().outputShape(x);
      Layer headLayer = stage.headLayer();
      if (headLayer != null) {
        summaries.addAll(headLayer.summaries(x));
      }
    }
    return summaries;
  }

  /**
   * The shapes of {@link #features} for an image of this shape.
   *
   * @throws IllegalArgumentException if the image is too small for a layer
   */
  public List<Shape> featureShapes(Shape image) {
    return walk(image, Layer::outputShape);
  }
}
