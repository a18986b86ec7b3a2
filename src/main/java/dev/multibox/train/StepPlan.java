package dev.multibox.train;

import dev.multibox.autograd.MemoryPlan;
import dev.multibox.backend.Backend;
import dev.multibox.backend.ConvolutionCall;
import dev.multibox.backend.dry.DryBackend;
import dev.multibox.model.Ssd;
import dev.multibox.tensor.TensorArena;
import java.util.List;

/**
 * What a training step takes, found by a dry run before anything is allocated.
 *
 * @param memory where activations and their gradients lie
 * @param fixedBytes what is there from the first step to the last: parameters with gradients and
 *     momentum, priors, the step's inputs
 * @param convolutions every different convolution of the step, in order
 */
public record StepPlan(MemoryPlan memory, long fixedBytes, List<ConvolutionCall> convolutions) {
  public StepPlan {
    convolutions = List.copyOf(convolutions);
  }

  /** The plan of a step of {@code ssd}, or of one like it, on {@code backend}. */
  public static StepPlan of(Backend backend, Ssd ssd, Recipe recipe, StepSettings settings) {
    try (DryBackend dry = DryBackend.of(backend);
        TensorArena arena = dry.newArena()) {
      Ssd twin = ssd.on(dry, arena);
      MemoryPlan memory =
          MemoryPlan.of(
              dry, taken -> new TrainingStep(dry, twin, recipe, settings, taken, arena).rehearse());
      return new StepPlan(memory, arena.allocatedBytes(), dry.convolutions());
    }
  }

  /** All that a step needs. */
  public long peakBytes() {
    return fixedBytes + memory.bytes();
  }
}
