package dev.multibox.optim;

import dev.multibox.backend.Backend;
import dev.multibox.backend.OptimizerKernels;
import dev.multibox.backend.ScaleParams;
import dev.multibox.tensor.DType;
import dev.multibox.tensor.Shape;
import dev.multibox.tensor.Tensor;
import dev.multibox.tensor.TensorArena;

/**
 * The loss scale of mixed precision, and what every step leaves for the host: all of it lies on the
 * device and moves there, so that a step need not be waited for. Where nothing is F16 the scale is
 * 1 and stays so.
 */
public final class GradScaler {
  /** The least scale: below it small gradients are lost, so that nothing better is to come. */
  public static final float LEAST = 1;

  /**
   * What a checkpoint keeps.
   *
   * @param scale what the next loss is multiplied by
   * @param clean steps since the scale last changed, none of which overflowed
   */
  public record State(float scale, int clean) {}

  private final Backend backend;
  private final ScaleParams params;
  private final Tensor scale; // [1]
  private final Tensor foundInf; // [1]
  private final Tensor counters; // [2]
  private final Tensor ring; // [64, 8]

  private GradScaler(Backend backend, ScaleParams params, State first, TensorArena arena) {
    this.backend = backend;
    this.params = params;
    scale = arena.zeros(Shape.of(1), DType.F32);
    foundInf = arena.zeros(Shape.of(1), DType.I32);
    counters = arena.zeros(Shape.of(OptimizerKernels.SCALE_COUNTERS), DType.I32);
    ring =
        arena.zeros(Shape.of(OptimizerKernels.RING_STEPS, OptimizerKernels.RING_SIZE), DType.F32);
    restore(first);
  }

  /** The scale of a network whose activations are of a type: moving for F16, else 1. */
  public static GradScaler of(Backend backend, DType type, TensorArena arena) {
    return type == DType.F16
        ? new GradScaler(backend, ScaleParams.dynamic(), new State(ScaleParams.FIRST, 0), arena)
        : constant(backend, arena);
  }

  /** A scale of 1. */
  public static GradScaler constant(Backend backend, TensorArena arena) {
    return new GradScaler(backend, ScaleParams.constant(), new State(1, 0), arena);
  }

  /** {@code [1]} F32: what the loss is multiplied by, and gradients are divided by. */
  public Tensor scale() {
    return scale;
  }

  /** {@code [1]} I32, not 0 where a gradient of this step was not finite. */
  public Tensor foundInf() {
    return foundInf;
  }

  /** {@code [64, 8]} F32, the figures of the last steps as {@link OptimizerKernels} lays them. */
  public Tensor ring() {
    return ring;
  }

  /**
   * Ends a step: moves the scale, clears the flag and leaves the step's figures in the ring.
   *
   * @param losses {@code [3]} F32
   */
  public void update(Tensor losses) {
    backend.optimizer().updateScale(losses, params, foundInf, scale, counters, ring);
  }

  /** What the next step begins with; waits for the steps before. */
  public State state() {
    return new State(
        backend.floats(scale)[0], backend.ints(counters)[OptimizerKernels.COUNTER_CLEAN]);
  }

  /** Goes on from what {@link #state} was; steps are counted on. */
  public void restore(State state) {
    backend.upload(new float[] {state.scale()}, scale);
    int[] values = backend.ints(counters);
    values[OptimizerKernels.COUNTER_CLEAN] = state.clean();
    backend.upload(values, counters);
  }
}
