package dev.multibox.backend.dry;

import dev.multibox.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What a kernel reads and writes, which is all that it does here: a witness is told of it. */
final class Touches {
  private final DryBackend.Witness witness;

  Touches(DryBackend.Witness witness) {
    this.witness = witness;
  }

  /** The tensors of one kernel; a null one was not given to it. */
  void tell(@Nullable Tensor... tensors) {
    tell(List.of(), tensors);
  }

  /** The same of some tensors and others. */
  void tell(List<Tensor> some, @Nullable Tensor... others) {
    List<Tensor> touched = new ArrayList<>(some);
    for (Tensor tensor : others) {
      if (tensor != null) {
        touched.add(tensor);
      }
    }
    witness.touched(touched);
  }
}
