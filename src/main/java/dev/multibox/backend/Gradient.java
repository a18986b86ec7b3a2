package dev.multibox.backend;

import dev.multibox.tensor.Tensor;

/**
 * Where a backward kernel writes a gradient, and how. An input that needs no gradient has none:
 * kernels take {@code null} where they say so.
 *
 * @param tensor the buffer, in the shape of what it is the gradient of
 * @param accumulate whether to overwrite or to add
 */
public record Gradient(Tensor tensor, Accumulate accumulate) {
  /** A gradient that replaces what {@code tensor} holds. */
  public static Gradient overwrite(Tensor tensor) {
    return new Gradient(tensor, Accumulate.OVERWRITE);
  }

  /** A gradient that is added to what {@code tensor} holds. */
  public static Gradient add(Tensor tensor) {
    return new Gradient(tensor, Accumulate.ADD);
  }

  public boolean adds() {
    return accumulate == Accumulate.ADD;
  }
}
