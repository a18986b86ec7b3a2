package dev.multibox.model;

import dev.multibox.Tensors;
import dev.multibox.tensor.Shape;
import dev.multibox.tensor.Tensor;

/**
 * What every prior of a batch should be, where no image says it.
 *
 * @param classes {@code [N, P]} I32, every nineteenth prior an object
 * @param offsets {@code [N, P, 4]} F32, random
 */
record MadeUpTargets(Tensor classes, Tensor offsets) {
  static MadeUpTargets of(Tensors tensors, Ssd ssd, int batch) {
    int priors = ssd.priors().count();
    int[] classes = new int[batch * priors];
    for (int i = 0; i < classes.length; i += 19) {
      classes[i] = 1 + i % (ssd.config().classes() - 1);
    }
    Shape offsets = Shape.of(batch, priors, 4);
    return new MadeUpTargets(
        tensors.ints(Shape.of(batch, priors), classes),
        tensors.floats(offsets, Tensors.random(3, offsets.size())));
  }
}
