package dev.multibox.nn;

import dev.multibox.autograd.Tape;
import dev.multibox.autograd.Variable;
import dev.multibox.tensor.Shape;

/** A part of a network with one input and one output. */
public interface Layer {
  /** Runs this layer's ops. */
  Variable forward(Tape tape, Variable x);

  /** The shape {@link #forward} gives for an input of shape {@code x}, without running it. */
  Shape outputShape(Shape x);
}
