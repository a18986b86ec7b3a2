package dev.multibox.autograd;

import dev.multibox.backend.Backend;
import dev.multibox.backend.ConvolutionCall;
import dev.multibox.backend.dry.DryBackend;
import dev.multibox.tensor.TensorArena;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What a step takes of a device, found by a dry run before anything is allocated.
 *
 * @param memory where activations and their gradients lie
 * @param fixedBytes what is there from the first step to the last: parameters with all that goes
 *     with them, priors, the step's inputs and results
 * @param workspaceBytes what kernels take beside their operands, all in the same place
 * @param convolutions every different convolution of the step, in order
 */
public record StepPlan(
    MemoryPlan memory, long fixedBytes, long workspaceBytes, List<ConvolutionCall> convolutions) {
  public StepPlan {
    convolutions = List.copyOf(convolutions);
  }

  /** A step with all that it needs, made anew on a backend that computes nothing. */
  @FunctionalInterface
  public interface Rehearsal {
    /**
     * Makes the step and runs it once.
     *
     * @param backend where
     * @param memory for its activations and their gradients
     * @param arena for everything else
     */
    void run(Backend backend, StepMemory memory, TensorArena arena);
  }

  /** The plan of a step on {@code backend}. */
  public static StepPlan of(Backend backend, Rehearsal rehearsal) {
    try (DryBackend dry = DryBackend.of(backend);
        TensorArena arena = dry.newArena()) {
      MemoryPlan memory = MemoryPlan.of(dry, taken -> rehearsal.run(dry, taken, arena));
      Map<ConvolutionCall, Set<Long>> convolutions = dry.convolutions();
      long workspace =
          backend.workspaceBytes(twin -> runOnce(twin, rehearsal, memory), convolutions);
      return new StepPlan(
          memory, arena.allocatedBytes(), workspace, List.copyOf(convolutions.keySet()));
    }
  }

  private static void runOnce(Backend backend, Rehearsal rehearsal, MemoryPlan memory) {
    try (TensorArena arena = backend.newArena()) {
      rehearsal.run(backend, PlannedMemory.in(arena, memory), arena);
    }
  }

  /** Takes all that the step needs but what is fixed: a slab of exactly the size, in an arena. */
  public PlannedMemory allocate(Backend backend, TensorArena arena) {
    backend.reserveWorkspace(workspaceBytes);
    return PlannedMemory.in(arena, memory);
  }

  /** All that a step needs. */
  public long peakBytes() {
    return fixedBytes + memory.bytes() + workspaceBytes;
  }
}
