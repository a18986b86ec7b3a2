package dev.multibox.backend.cpu;

import dev.multibox.tensor.DType;
import dev.multibox.tensor.Shape;
import dev.multibox.tensor.Tensor;
import dev.multibox.tensor.TensorArena;

/**
 * F32 workspace in the place of one tensor of a kernel; it becomes as long as its longest use, and
 * its content is lost when it grows.
 */
final class WorkTensor implements AutoCloseable {
  private static final Shape NOTHING = Shape.of(0);

  private TensorArena arena = new CpuArena(_ -> {});
  private Tensor memory = arena.allocate(NOTHING, DType.F32);

  /** An F32 tensor of unspecified content, until the next one is asked for. */
  Tensor of(Shape shape) {
    if (memory.size() < shape.size()) {
      arena.close();
      arena = new CpuArena(_ -> {});
      memory = arena.allocate(Shape.of(shape.size()), DType.F32);
    }
    return memory.slice(0, shape);
  }

  /** What it will have grown to when it was of {@code elements} elements at most. */
  static long bytes(long elements) {
    return TensorArena.padded(elements * DType.F32.bytes());
  }

  /** What it has grown to. */
  long bytes() {
    return bytes(memory.size());
  }

  @Override
  public void close() {
    arena.close();
  }
}
