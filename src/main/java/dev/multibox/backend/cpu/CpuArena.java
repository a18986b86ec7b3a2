package dev.multibox.backend.cpu;

import dev.multibox.tensor.DType;
import dev.multibox.tensor.Shape;
import dev.multibox.tensor.Slabs;
import dev.multibox.tensor.Tensor;
import dev.multibox.tensor.TensorArena;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.function.Consumer;

/** Native memory from the JDK's arena, bumped along slabs so that small tensors share pages. */
final class CpuArena implements TensorArena, Slabs.Source<MemorySegment> {
  private static final long SLAB_BYTES = 1 << 20;

  private final Consumer<TensorArena> onClose;
  private final Arena arena = Arena.ofShared();
  private final Slabs<MemorySegment> slabs = new Slabs<>(SLAB_BYTES, this);
  private boolean open = true;

  /** An arena that tells {@code onClose} when it is closed. */
  CpuArena(Consumer<TensorArena> onClose) {
    this.onClose = onClose;
  }

  @Override
  public Tensor allocate(Shape shape, DType dtype) {
    // Arena.allocate clears what it hands out, so fresh memory is zero here; callers may not rely
    // on it.
    return zeros(shape, dtype);
  }

  @Override
  public Tensor zeros(Shape shape, DType dtype) {
    if (!open) {
      throw new IllegalStateException("arena: closed");
    }
    long bytes = Math.multiplyExact(shape.size(), dtype.bytes());
    return Tensor.host(shape, dtype, slabs.take(bytes).asSlice(0, bytes), this);
  }

  @Override
  public MemorySegment allocate(long bytes) {
    return arena.allocate(TensorArena.padded(bytes), ALIGNMENT);
  }

  @Override
  public MemorySegment part(MemorySegment slab, long offset, long bytes) {
    return slab.asSlice(offset, bytes);
  }

  @Override
  public long allocatedBytes() {
    return slabs.allocatedBytes();
  }

  @Override
  public boolean isOpen() {
    return open;
  }

  @Override
  public void close() {
    if (open) {
      open = false;
      arena.close();
      onClose.accept(this);
    }
  }
}
