package dev.multibox.backend.dry;

import dev.multibox.backend.Staging;
import dev.multibox.tensor.DType;
import dev.multibox.tensor.Shape;
import dev.multibox.tensor.Tensor;
import dev.multibox.tensor.TensorArena;
import java.lang.foreign.MemorySegment;

/** Takes as much of the arena as the staging it stands for, and sends nothing. */
final class DryStaging implements Staging {
  private final Tensor memory;

  /** {@code turns} is how many buffers the other one has on its device. */
  DryStaging(long bytes, int turns, TensorArena arena) {
    memory = arena.allocate(Shape.of(bytes), DType.U8);
    for (int turn = 1; turn < turns; turn++) {
      arena.allocate(Shape.of(bytes), DType.U8);
    }
  }

  @Override
  public MemorySegment host() {
    throw new UnsupportedOperationException("dry: nothing can be sent");
  }

  @Override
  public Tensor send(long bytes) {
    return memory.slice(0, Shape.of(bytes));
  }
}
