package dev.multibox.backend;

/**
 * How one level's head output {@code [N, H, W, channels]} is read: first the class logits of all
 * priors of a cell, then their offsets, then padding.
 *
 * @param height {@code H}, rows of the feature map
 * @param width {@code W}, columns of the feature map
 * @param priorsPerCell {@code A}, prior shapes at each cell
 * @param classes {@code K}, background included
 * @param channels {@code A K + A 4} and the padding up to the backend's channel multiple
 * @param firstPrior the index of this level's first prior among all {@code P}
 */
public record HeadLayout(
    int height, int width, int priorsPerCell, int classes, int channels, int firstPrior) {

  public HeadLayout {
    Checks.require(
        "head",
        height > 0 && width > 0 && priorsPerCell > 0,
        "map was %d x %d with %d priors a cell, wanted at least 1 of each",
        height,
        width,
        priorsPerCell);
    Checks.require("head", classes > 1, "classes was %d, wanted background and another", classes);
    Checks.require(
        "head",
        channels >= priorsPerCell * (classes + 4),
        "channels was %d, wanted at least %d",
        channels,
        priorsPerCell * (classes + 4));
  }

  /** The channels of {@code A} priors and {@code K} classes, rounded up to {@code multiple}. */
  public static int channels(int priorsPerCell, int classes, int multiple) {
    return Math.ceilDiv(priorsPerCell * (classes + 4), multiple) * multiple;
  }

  /** The channel of prior shape {@code a}'s logit of class {@code k}: {@code a K + k}. */
  public int logit(int a, int k) {
    return a * classes + k;
  }

  /** The channel of prior shape {@code a}'s offset {@code coordinate}: {@code A K + 4 a + ...}. */
  public int offset(int a, int coordinate) {
    return priorsPerCell * classes + 4 * a + coordinate;
  }

  /** Priors of this level: {@code H W A}, ordered by row, column, shape. */
  public int priors() {
    return height * width * priorsPerCell;
  }
}
