package dev.multibox.train;

import dev.multibox.autograd.HeadVariables;
import dev.multibox.autograd.LossOps;
import dev.multibox.autograd.PlannedMemory;
import dev.multibox.autograd.StepMemory;
import dev.multibox.autograd.Tape;
import dev.multibox.autograd.Variable;
import dev.multibox.backend.Backend;
import dev.multibox.backend.Gradient;
import dev.multibox.backend.LossKernels;
import dev.multibox.backend.OptimizerKernels;
import dev.multibox.data.Batch;
import dev.multibox.model.Ssd;
import dev.multibox.optim.GradScaler;
import dev.multibox.optim.Sgd;
import dev.multibox.tensor.DType;
import dev.multibox.tensor.Shape;
import dev.multibox.tensor.Tensor;
import dev.multibox.tensor.TensorArena;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntConsumer;

/**
 * One step of training, from decoded images to updated weights: prepare, match, forward, loss,
 * backward, check, update. All memory is planned and there before the first step, and every step
 * has the same addresses.
 */
public final class TrainingStep {
  /**
   * What a step tells.
   *
   * @param loss the whole loss
   * @param classification its part from the classes
   * @param localisation its part from the boxes
   * @param skipped whether a gradient was not finite, so that no weight changed
   * @param scale what the loss was multiplied by for its gradient
   */
  public record Result(
      float loss, float classification, float localisation, boolean skipped, float scale) {
    /** What the ring says of step {@code step}, whose losses are the sum over {@code batches}. */
    private static Result of(float[] ring, int step, int batches) {
      int at = step % OptimizerKernels.RING_STEPS * OptimizerKernels.RING_SIZE;
      if (ring[at + OptimizerKernels.RING_STEP] != step) {
        throw new IllegalStateException(
            "step: the figures of step %d were those of step %s"
                .formatted(step, ring[at + OptimizerKernels.RING_STEP]));
      }
      int losses = at + OptimizerKernels.RING_LOSSES;
      return new Result(
          ring[losses + LossKernels.TOTAL] / batches,
          ring[losses + LossKernels.CLASSIFICATION] / batches,
          ring[losses + LossKernels.LOCALISATION] / batches,
          ring[at + OptimizerKernels.RING_SKIPPED] != 0,
          ring[at + OptimizerKernels.RING_SCALE]);
    }
  }

  private final Backend backend;
  private final Ssd ssd;
  private final Recipe recipe;
  private final StepSettings settings;
  private final StepMemory memory;
  private final GradScaler scaler;
  private final Sgd optimizer;
  private final TrainingInput input;
  private final Tensor losses; // [3]
  private final Tensor lossSum; // [3], over the batches of a step
  private int steps;

  /** A step whose activations lie in memory of {@code arena}, of exactly the planned size. */
  public TrainingStep(
      Backend backend, Ssd ssd, Recipe recipe, StepSettings settings, TensorArena arena) {
    this(
        backend,
        ssd,
        recipe,
        settings,
        PlannedMemory.in(arena, StepPlan.of(backend, ssd, recipe, settings).memory()),
        arena);
  }

  /**
   * A step for batches of exactly the size that the settings name.
   *
   * @param memory where activations and their gradients go, planned by {@link StepPlan}
   * @param arena where everything else of this step lives
   */
  public TrainingStep(
      Backend backend,
      Ssd ssd,
      Recipe recipe,
      StepSettings settings,
      StepMemory memory,
      TensorArena arena) {
    this.backend = backend;
    this.ssd = ssd;
    this.recipe = recipe;
    this.settings = settings;
    this.memory = memory;
    scaler = GradScaler.of(backend, ssd.type(), arena);
    optimizer = new Sgd(backend, ssd.state(), recipe.sgd(), scaler, settings.accumulate(), arena);
    input = new TrainingInput(backend, ssd.network(), recipe.match(), ssd.type(), settings, arena);
    losses = arena.zeros(Shape.of(3), DType.F32);
    lossSum = arena.zeros(Shape.of(3), DType.F32);
  }

  /**
   * Updates the weights once, by the mean gradient of these batches.
   *
   * @param batches as many as the settings say
   * @param iteration updates before this one
   */
  public Result run(List<Batch> batches, float learningRate, long iteration) {
    optimizer.prepare(learningRate, iteration);
    compute(batch -> input.prepare(batches.get(batch).samples()));
    return Result.of(backend.floats(scaler.ring()), steps++, settings.accumulate());
  }

  /** All of a step that takes memory, once, on whatever its inputs are. */
  void rehearse() {
    compute(_ -> {});
  }

  /**
   * Forward and backward of every batch, each behind {@code prepare} of its number, and the update.
   * The tapes stay open until then: whether running statistics move is known only when all
   * gradients are.
   */
  private void compute(IntConsumer prepare) {
    List<Tape> tapes = new ArrayList<>();
    try {
      for (int batch = 0; batch < settings.accumulate(); batch++) {
        prepare.accept(batch);
        tapes.add(new Tape(backend, memory, Tape.Mode.TRAINING, settings.recompute()));
        optimizer.begin(batch);
        pass(tapes.getLast());
        optimizer.collect(batch);
        backend
            .elementwise()
            .accumulate(losses, batch == 0 ? Gradient.overwrite(lossSum) : Gradient.add(lossSum));
      }
      Tensor foundInf = optimizer.checkFinite();
      optimizer.update();
      tapes.forEach(tape -> tape.updateRunningStatistics(foundInf));
      scaler.update(lossSum);
    } finally {
      tapes.forEach(Tape::close);
    }
  }

  private void pass(Tape tape) {
    HeadVariables heads = ssd.forward(tape, Variable.constant(input.images()));
    Variable loss =
        LossOps.multiboxLoss(
            tape, heads, input.classTargets(), input.offsetTargets(), recipe.loss(), losses);
    tape.backward(loss, scaler.scale());
  }

  /** The loss scale, which a checkpoint keeps. */
  GradScaler scaler() {
    return scaler;
  }

  /** What the last step saw: of several batches the last one. */
  TrainingInput input() {
    return input;
  }
}
