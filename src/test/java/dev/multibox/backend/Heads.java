package dev.multibox.backend;

import dev.multibox.Tensors;
import dev.multibox.tensor.Shape;
import dev.multibox.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;

/** Head outputs from plain {@code [N, P, K]} logits and {@code [N, P, 4]} offsets, and back. */
final class Heads {
  private Heads() {}

  /** A single level of one prior a cell without padding. */
  static List<HeadLayout> flat(int priors, int classes) {
    return List.of(new HeadLayout(priors, 1, 1, classes, classes + 4, 0));
  }

  /** Levels of {@code {height, width, priorsPerCell}} with channels padded to {@code multiple}. */
  static List<HeadLayout> layouts(int classes, int multiple, int[]... levels) {
    List<HeadLayout> layouts = new ArrayList<>();
    int first = 0;
    for (int[] level : levels) {
      int channels = HeadLayout.channels(level[2], classes, multiple);
      layouts.add(new HeadLayout(level[0], level[1], level[2], classes, channels, first));
      first += layouts.getLast().priors();
    }
    return layouts;
  }

  static HeadOutputs of(
      Tensors tensors, int batch, List<HeadLayout> layouts, float[] logits, float[] offsets) {
    List<Tensor> levels = new ArrayList<>();
    int priors = layouts.getLast().firstPrior() + layouts.getLast().priors();
    for (HeadLayout layout : layouts) {
      Shape shape = Shape.of(batch, layout.height(), layout.width(), layout.channels());
      float[] values = new float[(int) shape.size()];
      java.util.Arrays.fill(values, 77); // Padding that must not be read.
      for (int i = 0; i < batch * layout.priors(); i++) {
        int prior = i / layout.priors() * priors + layout.firstPrior() + i % layout.priors();
        for (int k = 0; k < layout.classes(); k++) {
          values[at(layout, i) + layout.logit(i % layout.priorsPerCell(), k)] =
              logits[prior * layout.classes() + k];
        }
        for (int j = 0; j < 4; j++) {
          values[at(layout, i) + layout.offset(i % layout.priorsPerCell(), j)] =
              offsets[4 * prior + j];
        }
      }
      levels.add(tensors.floats(shape, values));
    }
    return new HeadOutputs(levels, layouts);
  }

  /** The logits part of levels' values, {@code [N, P, K]}. */
  static float[] logits(Backend backend, List<Tensor> levels, List<HeadLayout> layouts) {
    return gather(backend, levels, layouts, layouts.getFirst().classes(), true);
  }

  /** The offsets part of levels' values, {@code [N, P, 4]}. */
  static float[] offsets(Backend backend, List<Tensor> levels, List<HeadLayout> layouts) {
    return gather(backend, levels, layouts, 4, false);
  }

  private static float[] gather(
      Backend backend, List<Tensor> levels, List<HeadLayout> layouts, int width, boolean logits) {
    int batch = levels.getFirst().shape().intDim(0);
    int priors = layouts.getLast().firstPrior() + layouts.getLast().priors();
    float[] result = new float[batch * priors * width];
    for (int level = 0; level < levels.size(); level++) {
      HeadLayout layout = layouts.get(level);
      float[] values = backend.floats(levels.get(level));
      for (int i = 0; i < batch * layout.priors(); i++) {
        int prior = i / layout.priors() * priors + layout.firstPrior() + i % layout.priors();
        int a = i % layout.priorsPerCell();
        int from = at(layout, i) + (logits ? layout.logit(a, 0) : layout.offset(a, 0));
        System.arraycopy(values, from, result, prior * width, width);
      }
    }
    return result;
  }

  private static int at(HeadLayout layout, int i) {
    return i / layout.priorsPerCell() * layout.channels();
  }
}
