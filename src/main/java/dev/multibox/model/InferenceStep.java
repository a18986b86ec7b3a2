package dev.multibox.model;

import dev.multibox.autograd.StepMemory;
import dev.multibox.autograd.Tape;
import dev.multibox.autograd.Variable;
import dev.multibox.backend.Backend;
import dev.multibox.backend.HeadOutputs;
import dev.multibox.tensor.Shape;
import dev.multibox.tensor.Tensor;
import dev.multibox.tensor.TensorArena;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A network without gradients, asked for again and again with other images. All memory is planned
 * for the largest batch, and smaller ones lie in the same places; each size is recorded by itself
 * where the backend records, and kept: an evaluation has whole batches and the last.
 */
public final class InferenceStep {
  /** What belongs to the step behind the network. */
  @FunctionalInterface
  interface End {
    /** Asks for what is to be done with what the heads gave for {@code count} images. */
    void run(int count, HeadOutputs heads);
  }

  private final Backend backend;
  private final Ssd ssd;
  private final StepMemory memory;
  private final End end;
  private final Tensor images;
  private final Map<Integer, Pass> passes = new HashMap<>();

  /**
   * The network alone.
   *
   * @param batch the most images at a time
   * @param memory where activations go
   * @param arena where the images lie
   */
  public InferenceStep(Backend backend, Ssd ssd, int batch, StepMemory memory, TensorArena arena) {
    this(backend, ssd, batch, memory, arena, (_, _) -> {});
  }

  InferenceStep(
      Backend backend, Ssd ssd, int batch, StepMemory memory, TensorArena arena, End end) {
    this.backend = backend;
    this.ssd = ssd;
    this.memory = memory;
    this.end = end;
    images = arena.zeros(ssd.imageShape(batch), ssd.type());
  }

  /** Where {@code count} images go, {@code [count, H, W, C]}. */
  public Tensor images(int count) {
    Shape shape = ssd.imageShape(count);
    return images.slice(0, shape);
  }

  /**
   * Asks for a pass over the first {@code count} {@link #images}.
   *
   * @return where the heads' outputs will be, until the memory is used again
   */
  public HeadOutputs run(int count) {
    return passes.computeIfAbsent(count, Pass::new).run();
  }

  /** The step for one number of images. */
  private final class Pass {
    private final Runnable work;
    private @Nullable HeadOutputs heads;

    Pass(int count) {
      work = backend.repeatable(() -> forward(count));
    }

    HeadOutputs run() {
      work.run();
      return Objects.requireNonNull(heads);
    }

    private void forward(int count) {
      try (Tape tape = new Tape(backend, memory, Tape.Mode.INFERENCE)) {
        HeadOutputs found = ssd.forward(tape, Variable.constant(images(count))).values();
        end.run(count, found);
        heads = found;
      }
    }
  }
}
