package dev.multibox.backend.dry;

import dev.multibox.tensor.DType;
import dev.multibox.tensor.Shape;
import dev.multibox.tensor.Tensor;
import dev.multibox.tensor.TensorArena;
import java.util.function.LongUnaryOperator;

/** Hands out addresses that nothing stands behind, and counts as the arenas of devices do. */
final class DryArena implements TensorArena {
  private final LongUnaryOperator addresses;
  private long allocatedBytes;
  private boolean open = true;

  /** {@code addresses} gives the first of so many bytes that no other tensor has. */
  DryArena(LongUnaryOperator addresses) {
    this.addresses = addresses;
  }

  @Override
  public Tensor allocate(Shape shape, DType dtype) {
    if (!open) {
      throw new IllegalStateException("arena: closed");
    }
    long bytes = TensorArena.padded(Math.multiplyExact(shape.size(), dtype.bytes()));
    allocatedBytes += bytes;
    return Tensor.device(shape, dtype, addresses.applyAsLong(bytes), this);
  }

  @Override
  public Tensor zeros(Shape shape, DType dtype) {
    return allocate(shape, dtype);
  }

  @Override
  public long allocatedBytes() {
    return allocatedBytes;
  }

  @Override
  public boolean isOpen() {
    return open;
  }

  @Override
  public void close() {
    open = false;
  }
}
