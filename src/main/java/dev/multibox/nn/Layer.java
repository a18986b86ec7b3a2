package dev.multibox.nn;

import dev.multibox.autograd.Tape;
import dev.multibox.autograd.Variable;
import dev.multibox.tensor.Shape;
import java.util.List;

/** A part of a network with one input and one output. */
public interface Layer {
  /** Runs this layer's ops. */
  Variable forward(Tape tape, Variable x);

  /** The shape {@link #forward} gives for an input of shape {@code x}, without running it. */
  Shape outputShape(Shape x);

  /** The ops that {@link #forward} runs for an input of shape {@code x}, in order. */
  List<LayerSummary> summaries(Shape x);

  /**
   * Appends what {@link #forward} computes in inference to another form of the network.
   *
   * @return the result in that form
   */
  <V> V appendTo(GraphBuilder<V> graph, V x);
}
