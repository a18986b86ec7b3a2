package dev.multibox.nn;

import dev.multibox.tensor.Shape;
import dev.multibox.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/** A tensor that is kept with the model but not learned: running statistics. */
public final class Buffer {
  private final String name;
  private final Shape shape;
  private final float initial;
  private @Nullable Tensor value;

  Buffer(String name, Shape shape, float initial) {
    this.name = name;
    this.shape = shape;
    this.initial = initial;
  }

  /** The name in checkpoints. */
  public String name() {
    return name;
  }

  public Shape shape() {
    return shape;
  }

  /** What every element starts with. */
  public float initial() {
    return initial;
  }

  void bind(Tensor tensor) {
    value = tensor;
  }

  /**
   * The current values.
   *
   * @throws IllegalStateException before the model's memory is allocated
   */
  public Tensor value() {
    if (value == null) {
      throw new IllegalStateException("buffer %s: has no memory yet".formatted(name));
    }
    return value;
  }
}
