package dev.multibox.autograd;

import dev.multibox.tensor.DType;
import dev.multibox.tensor.Shape;
import dev.multibox.tensor.Tensor;
import dev.multibox.tensor.TensorArena;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Map;
import java.util.PriorityQueue;

/**
 * Blocks of an arena, handed out again when a request of the same size comes. A step asks for the
 * same sizes in the same order every time, so from the second one on nothing is allocated; the
 * block with the lowest address goes first, so that it also gets the same addresses.
 */
public final class PooledMemory implements StepMemory {
  private static final Comparator<Tensor> BY_ADDRESS = Comparator.comparingLong(Tensor::address);

  private final TensorArena arena;
  private final Map<Long, PriorityQueue<Tensor>> freeBlocks = new HashMap<>();
  private final Map<Tensor, Tensor> blockOf = new HashMap<>();
  private long reservedBytes;

  /** Memory that grows in {@code arena}, which the caller closes. */
  public PooledMemory(TensorArena arena) {
    this.arena = arena;
  }

  @Override
  public Tensor allocate(Shape shape, DType dtype) {
    long bytes = TensorArena.padded(Math.multiplyExact(shape.size(), dtype.bytes()));
    PriorityQueue<Tensor> free = free(bytes);
    Tensor block = free.isEmpty() ? newBlock(bytes) : free.remove();
    Tensor tensor = block.reinterpret(shape, dtype);
    blockOf.put(tensor, block);
    return tensor;
  }

  private PriorityQueue<Tensor> free(long bytes) {
    return freeBlocks.computeIfAbsent(bytes, _ -> new PriorityQueue<>(BY_ADDRESS));
  }

  private Tensor newBlock(long bytes) {
    reservedBytes += bytes;
    return arena.allocate(Shape.of(bytes), DType.U8);
  }

  @Override
  public void release(Tensor tensor) {
    Tensor block = blockOf.remove(tensor);
    if (block == null) {
      throw new IllegalStateException("release: %s is not handed out".formatted(tensor));
    }
    free(block.bytes()).add(block);
  }

  @Override
  public long reservedBytes() {
    return reservedBytes;
  }
}
