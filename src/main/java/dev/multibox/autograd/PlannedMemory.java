package dev.multibox.autograd;

import dev.multibox.tensor.DType;
import dev.multibox.tensor.Shape;
import dev.multibox.tensor.Tensor;
import dev.multibox.tensor.TensorArena;
import java.util.HashSet;
import java.util.Set;

/**
 * A slab in which a {@link MemoryPlan} says where each tensor of a step lies. Nothing is allocated
 * after the first moment, and every step has the same addresses. A step may be smaller than the one
 * that was planned, as the last batch of a data set is, but must ask for its tensors in the same
 * order; it ends when all are returned.
 */
public final class PlannedMemory implements StepMemory {
  private final MemoryPlan plan;
  private final Tensor slab;
  private final Set<Tensor> handedOut = new HashSet<>();
  private int next;

  /**
   * Memory in a slab of the caller's, which steps that never run at the same time may share.
   *
   * @param slab U8, at least as long as the plan says
   */
  public PlannedMemory(MemoryPlan plan, Tensor slab) {
    if (slab.dtype() != DType.U8 || slab.bytes() < plan.bytes()) {
      throw new IllegalArgumentException(
          "plan: the slab was %s, wanted at least %d bytes U8".formatted(slab, plan.bytes()));
    }
    this.plan = plan;
    this.slab = slab;
  }

  /** Memory in a slab of its own, of exactly the planned size, in {@code arena}. */
  public static PlannedMemory in(TensorArena arena, MemoryPlan plan) {
    return new PlannedMemory(plan, arena.allocate(Shape.of(plan.bytes()), DType.U8));
  }

  @Override
  public Tensor allocate(Shape shape, DType dtype) {
    long bytes = Math.multiplyExact(shape.size(), dtype.bytes());
    if (next == plan.allocations() || bytes > plan.size(next)) {
      throw new IllegalStateException(
          "plan: allocation %d was %s %s, planned were %s"
              .formatted(
                  next,
                  shape,
                  dtype,
                  next == plan.allocations() ? "no more" : plan.size(next) + " bytes"));
    }
    Tensor tensor = slab.slice(plan.offset(next), Shape.of(bytes)).reinterpret(shape, dtype);
    handedOut.add(tensor);
    next++;
    return tensor;
  }

  @Override
  public void release(Tensor tensor) {
    if (!handedOut.remove(tensor)) {
      throw new IllegalStateException("release: %s is not handed out".formatted(tensor));
    }
    if (handedOut.isEmpty()) {
      next = 0;
    }
  }

  @Override
  public long reservedBytes() {
    return slab.bytes();
  }
}
