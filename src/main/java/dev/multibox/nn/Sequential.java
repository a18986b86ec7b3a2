package dev.multibox.nn;

import dev.multibox.autograd.Tape;
import dev.multibox.autograd.Variable;
import dev.multibox.backend.PoolingParams;
import dev.multibox.tensor.Shape;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Layers one after the other; a convolution and the max pooling behind it run as one unit. */
public record Sequential(List<Layer> layers) implements Layer {
  public Sequential {
    layers = List.copyOf(layers);
  }

  /** These layers in this order. */
  public static Sequential of(Layer... layers) {
    return new Sequential(List.of(layers));
  }

  @Override
  public Variable forward(Tape tape, Variable x) {
    Variable y = x;
    for (int i = 0; i < layers.size(); i++) {
      PoolingParams pool = poolBehind(i);
      if (pool != null && layers.get(i) instanceof BeforePool convolution) {
        y = convolution.forwardPooled(tape, y, pool);
        i++;
      } else {
        y = layers.get(i).forward(tape, y);
      }
    }
    return y;
  }

  /** The pooling behind layer {@code i}, null where there is another layer, or none. */
  private @Nullable PoolingParams poolBehind(int i) {
    boolean last = i == layers.size() - 1;
    return !last && layers.get(i + 1) instanceof MaxPool pool ? pool.params() : null;
  }

  @Override
  public List<LayerSummary> summaries(Shape x) {
    List<LayerSummary> summaries = new ArrayList<>();
    Shape y = x;
    for (int i = 0; i < layers.size(); i++) {
      Layer layer = layers.get(i);
      summaries.addAll(
          poolBehind(i) != null && layer instanceof BeforePool convolution
              ? convolution.summariesPooled(y)
              : layer.summaries(y));
      y = layer.outputShape(y);
    }
    return summaries;
  }

  @Override
  public <V> V appendTo(GraphBuilder<V> graph, V x) {
    V y = x;
    for (Layer layer : layers) {
      y = layer.appendTo(graph, y);
    }
    return y;
  }

  @Override
  public Shape outputShape(Shape x) {
    Shape y = x;
    for (Layer layer : layers) {
      y = layer.outputShape(y);
    }
    return y;
  }
}
