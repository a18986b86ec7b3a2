package dev.multibox.model;

import dev.multibox.backend.Backend;
import dev.multibox.backend.HeadLayout;
import dev.multibox.backend.HeadOutputs;

/**
 * Head outputs on the host in the form that other programs have them, prior after prior; nothing in
 * training or detection needs it.
 */
public final class FlatHeads {
  private static final int COORDINATES = 4;

  private final float[] logits;
  private final float[] offsets;

  private FlatHeads(int rows, int classes) {
    logits = new float[Math.multiplyExact(rows, classes)];
    offsets = new float[Math.multiplyExact(rows, COORDINATES)];
  }

  /** Downloads and reorders {@code heads}, whose levels are F32. */
  public static FlatHeads of(Backend backend, HeadOutputs heads) {
    FlatHeads flat =
        new FlatHeads(Math.multiplyExact(heads.batch(), heads.priors()), heads.classes());
    for (int level = 0; level < heads.levels().size(); level++) {
      flat.put(
          backend.floats(heads.levels().get(level)), heads.layouts().get(level), heads.priors());
    }
    return flat;
  }

  /** {@code [N, H, W, channels]} of one level. */
  private void put(float[] level, HeadLayout layout, int priors) {
    int perCell = layout.priorsPerCell();
    int classes = layout.classes();
    int cells = layout.height() * layout.width();
    for (int cell = 0; cell * layout.channels() < level.length; cell++) {
      int from = cell * layout.channels();
      int image = cell / cells;
      int to = image * priors + layout.firstPrior() + cell % cells * perCell;
      System.arraycopy(level, from + layout.logit(0, 0), logits, to * classes, perCell * classes);
      System.arraycopy(
          level, from + layout.offset(0, 0), offsets, to * COORDINATES, perCell * COORDINATES);
    }
  }

  /** {@code [N, P, K]}. */
  public float[] logits() {
    return logits;
  }

  /** {@code [N, P, 4]}. */
  public float[] offsets() {
    return offsets;
  }
}
