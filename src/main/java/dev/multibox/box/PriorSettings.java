package dev.multibox.box;

import dev.multibox.backend.Checks;
import java.util.ArrayList;
import java.util.List;

/**
 * The prior boxes of a model as numbers (Liu et al., SSD, section 2.2, and the release's prior_box
 * layer). A cell's priors come in this order: a square of the level's size {@code s}, a square of
 * {@code sqrt(s next)}, and for each ratio {@code r} the boxes {@code s sqrt(r) × s / sqrt(r)} and
 * {@code s / sqrt(r) × s sqrt(r)}, wide one first.
 *
 * @param levels one for each feature map, the finest first
 * @param clip what happens to priors that reach out of the image
 */
public record PriorSettings(List<Level> levels, Clip clip) {
  /**
   * The priors of one feature map.
   *
   * @param size {@code s}, a part of the image's side: of its width for widths, of its height for
   *     heights
   * @param nextSize with size gives the second square, usually the next level's size
   * @param ratios the aspect ratios besides 1, each used both ways
   * @param stepPixels the distance of cell centres in pixels of the network's input; 0 for the
   *     input's size divided by the map's
   */
  public record Level(double size, double nextSize, List<Double> ratios, double stepPixels) {
    public Level {
      ratios = List.copyOf(ratios);
      Checks.require(
          "priors",
          size > 0 && nextSize > 0 && ratios.stream().allMatch(ratio -> ratio > 0),
          "sizes were %s and %s with ratios %s, wanted them above 0",
          size,
          nextSize,
          ratios);
      Checks.require("priors", stepPixels >= 0, "step was %s, wanted at least 0", stepPixels);
    }

    /** {@code A}: the two squares and two boxes for each ratio. */
    public int priorsPerCell() {
      return 2 + 2 * ratios.size();
    }
  }

  /** What happens to priors that reach out of the image; weights trained with one need it. */
  public enum Clip {
    /** Nothing: Caffe's scripts, MMDetection. */
    NONE,
    /** Corners are clamped to [0, 1]: Caffe's layer when asked to clip. */
    CORNERS,
    /** Centre and size are clamped to [0, 1] each: ssd.pytorch, lufficc's, NVIDIA, MLPerf. */
    CENTRE_FORM,
    /** Width and height alone are clamped to [0, 1]: torchvision. */
    SIZE
  }

  public PriorSettings {
    levels = List.copyOf(levels);
    Checks.require("priors", !levels.isEmpty(), "there was no level, wanted at least one");
  }

  /** {@code A} of each level. */
  public List<Integer> priorsPerCell() {
    return levels.stream().map(Level::priorsPerCell).toList();
  }

  /**
   * Settings as Caffe's scripts state them.
   *
   * @param inputPixels the side of the square input the sizes are stated for
   * @param minSizes {@code s} of each level in pixels
   * @param maxSizes the next size of each level in pixels
   * @param steps the step of each level in pixels; empty for none
   * @param ratios the ratios of each level
   */
  public static PriorSettings ofPixels(
      double inputPixels,
      double[] minSizes,
      double[] maxSizes,
      double[] steps,
      List<List<Double>> ratios,
      Clip clip) {
    List<Level> levels = new ArrayList<>();
    for (int i = 0; i < minSizes.length; i++) {
      levels.add(
          new Level(
              minSizes[i] / inputPixels,
              maxSizes[i] / inputPixels,
              ratios.get(i),
              steps.length == 0 ? 0 : steps[i]));
    }
    return new PriorSettings(levels, clip);
  }
}
