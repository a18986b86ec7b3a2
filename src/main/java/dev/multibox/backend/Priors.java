package dev.multibox.backend;

import dev.multibox.tensor.DType;
import dev.multibox.tensor.Tensor;

/**
 * The prior boxes of a model in both forms, so that neither is derived from the other with a
 * rounding of its own.
 *
 * @param corners {@code [P, 4]} F32, {@code xmin ymin xmax ymax}: what IoU reads
 * @param centres {@code [P, 4]} F32, {@code cx cy w h}: what encoding and decoding read
 */
public record Priors(Tensor corners, Tensor centres) {
  public Priors {
    Checks.sameShape("priors", corners, centres);
    Checks.dtype("priors", DType.F32, corners, centres);
    Checks.require(
        "priors",
        corners.shape().rank() == 2 && corners.shape().dim(1) == 4,
        "corners was %s, wanted [P, 4]",
        corners);
  }

  /** {@code P}. */
  public int count() {
    return corners.shape().intDim(0);
  }
}
