package dev.multibox.backend;

/**
 * The pointwise function that a fused unit applies last. The gradient of each can be read from its
 * output {@code y} alone, which is why no unit keeps its input for it.
 */
public enum Activation {
  /** {@code y = x}. */
  NONE,
  /** {@code y = max(x, 0)}; passes the gradient where {@code y > 0}. */
  RELU,
  /** {@code y = min(max(x, 0), 6)}; passes the gradient where {@code 0 < y < 6}. */
  RELU6
}
