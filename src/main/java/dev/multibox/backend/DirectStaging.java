package dev.multibox.backend;

import dev.multibox.tensor.DType;
import dev.multibox.tensor.Shape;
import dev.multibox.tensor.Tensor;
import dev.multibox.tensor.TensorArena;
import java.lang.foreign.MemorySegment;

/** Data that lies on the host from the beginning. */
public final class DirectStaging implements Staging {
  private final Tensor memory;

  /** Room for {@code bytes} bytes in an arena of the host's. */
  public DirectStaging(long bytes, TensorArena arena) {
    memory = arena.allocate(Shape.of(bytes), DType.U8);
  }

  @Override
  public MemorySegment host() {
    return memory.host();
  }

  @Override
  public Tensor send(long bytes) {
    memory.markWritten();
    return memory.slice(0, Shape.of(bytes));
  }
}
