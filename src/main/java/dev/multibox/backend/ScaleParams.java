package dev.multibox.backend;

/**
 * How the loss scale of mixed precision moves: it is halved after a step whose gradients
 * overflowed, and doubled after a number of steps in a row that did not (Micikevicius et al., Mixed
 * Precision Training, 2018, section 3.2; NVIDIA's SSD starts at {@link #FIRST} and doubles after
 * 2,000).
 *
 * @param growthInterval steps without overflow before the scale is doubled; 0 for a scale that
 *     never moves
 */
public record ScaleParams(int growthInterval) {
  /** The scale of the first step. */
  public static final float FIRST = 65_536;

  public ScaleParams {
    Checks.require(
        "scale", growthInterval >= 0, "growthInterval was %d, wanted at least 0", growthInterval);
  }

  /** PyTorch's and NVIDIA's. */
  public static ScaleParams dynamic() {
    return new ScaleParams(2000);
  }

  /** A scale that stays as it is, for networks of F32. */
  public static ScaleParams constant() {
    return new ScaleParams(0);
  }
}
