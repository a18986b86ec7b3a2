package dev.multibox.backend;

/**
 * The pointwise function that a fused unit applies last. The gradient of most can be read from
 * their output {@code y} alone, which is why units keep no input for it; {@link #readsInput} names
 * the exception.
 */
public enum Activation {
  /** {@code y = x}. */
  NONE,
  /** {@code y = max(x, 0)}; passes the gradient where {@code y > 0}. */
  RELU,
  /** {@code y = min(max(x, 0), 6)}; passes the gradient where {@code 0 < y < 6}. */
  RELU6,
  /**
   * {@code y = min(max(x + 3, 0), 6) / 6}; passes a sixth of the gradient where {@code 0 < y < 1}
   * (Howard et al., Searching for MobileNetV3, 2019, section 5.2, as all below).
   */
  HARD_SIGMOID,
  /**
   * {@code y = x min(max(x + 3, 0), 6) / 6}; passes {@code (2x + 3) / 6} of the gradient where
   * {@code -3 < x < 3}, all of it where {@code x >= 3}, else nothing. Two x have the same y between
   * -3 and 0, so the gradient is read from the input. Minus infinity gives NaN.
   */
  HARD_SWISH;

  /** Whether a gradient passes whole or not at all, so that an {@link ActivationMask} tells all. */
  public boolean hasMask() {
    return this == RELU || this == RELU6;
  }

  /** Whether the gradient is read from the input of this function instead of its output. */
  public boolean readsInput() {
    return this == HARD_SWISH;
  }
}
