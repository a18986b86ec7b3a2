package dev.multibox.backend;

import dev.multibox.tensor.Tensor;
import java.util.List;

/**
 * What a model's heads computed, level by level, as the convolutions wrote it: loss, softmax and
 * decoding read it in place, without a transposed or concatenated copy.
 *
 * @param levels for each level {@code [N, H, W, channels]}, all F32 or all F16
 * @param layouts how to read each
 */
public record HeadOutputs(List<Tensor> levels, List<HeadLayout> layouts) {
  /** The most levels a model may have: kernels take all of them at once. */
  public static final int MOST_LEVELS = 8;

  private static final String OP = "heads";

  public HeadOutputs {
    levels = List.copyOf(levels);
    layouts = List.copyOf(layouts);
    Checks.require(
        OP,
        !levels.isEmpty() && levels.size() == layouts.size(),
        "%d levels and %d layouts, wanted as many, at least one",
        levels.size(),
        layouts.size());
    Checks.require(
        OP,
        levels.size() <= MOST_LEVELS,
        "%d levels, wanted at most %d",
        levels.size(),
        MOST_LEVELS);
    int nextPrior = 0;
    for (int i = 0; i < levels.size(); i++) {
      HeadLayout layout = layouts.get(i);
      Tensor level = levels.get(i);
      Checks.shape(
          OP,
          "level " + i,
          level,
          levels.getFirst().shape().dim(0),
          layout.height(),
          layout.width(),
          layout.channels());
      Checks.sameFloat(OP, levels.getFirst(), level);
      Checks.require(
          OP,
          layout.firstPrior() == nextPrior && layout.classes() == layouts.getFirst().classes(),
          "layout %d was %s, wanted first prior %d and %d classes",
          i,
          layout,
          nextPrior,
          layouts.getFirst().classes());
      nextPrior += layout.priors();
    }
  }

  /** {@code N}. */
  public int batch() {
    return levels.getFirst().shape().intDim(0);
  }

  /** {@code K}, background included. */
  public int classes() {
    return layouts.getFirst().classes();
  }

  /** {@code P}, the priors of all levels. */
  public int priors() {
    return layouts.getLast().firstPrior() + layouts.getLast().priors();
  }
}
