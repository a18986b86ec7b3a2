package dev.multibox.train;

import dev.multibox.autograd.HeadVariables;
import dev.multibox.autograd.LossOps;
import dev.multibox.autograd.StepMemory;
import dev.multibox.autograd.StepPlan;
import dev.multibox.autograd.Tape;
import dev.multibox.autograd.Variable;
import dev.multibox.backend.Backend;
import dev.multibox.backend.Gradient;
import dev.multibox.backend.LossKernels;
import dev.multibox.backend.OptimizerKernels;
import dev.multibox.backend.Outlet;
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
  private final List<Tape> tapes = new ArrayList<>();
  private final List<Runnable> passes = new ArrayList<>();
  private final Runnable update;
  private final Outlet outlet;
  private int told;

  /** A step whose activations lie in memory of {@code arena}, of exactly the planned size. */
  public TrainingStep(
      Backend backend, Ssd ssd, Recipe recipe, StepSettings settings, TensorArena arena) {
    this(
        backend,
        ssd,
        recipe,
        settings,
        plan(backend, ssd, recipe, settings).allocate(backend, arena),
        arena);
  }

  /**
   * A step for batches of exactly the size that the settings name.
   *
   * @param memory where activations and their gradients go, planned by {@link #plan}
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
    for (int i = 0; i < settings.accumulate(); i++) {
      int batch = i;
      passes.add(backend.repeatable(() -> pass(batch)));
    }
    update = backend.repeatable(this::update);
    outlet = backend.newOutlet(scaler.ring());
  }

  /** The plan of a step of {@code ssd}, or of one like it, on {@code backend}. */
  public static StepPlan plan(Backend backend, Ssd ssd, Recipe recipe, StepSettings settings) {
    return StepPlan.of(
        backend,
        (dry, memory, arena) ->
            new TrainingStep(dry, ssd.on(dry, arena), recipe, settings, memory, arena).rehearse());
  }

  /**
   * Asks for an update of the weights by the mean gradient of these batches.
   *
   * @param batches as many as the settings say
   * @param iteration updates before this one
   * @return what is known by now of steps that were asked for and not yet told of, in their order:
   *     on the CPU of this one
   */
  public List<Result> run(List<Batch> batches, float learningRate, long iteration) {
    optimizer.prepare(learningRate, iteration);
    try {
      for (int batch = 0; batch < settings.accumulate(); batch++) {
        input.prepare(batches.get(batch).samples());
        passes.get(batch).run();
      }
      update.run();
    } finally {
      closeTapes();
    }
    outlet.copy();
    List<Result> known = new ArrayList<>();
    while (outlet.isDue()) {
      known.add(next());
    }
    return known;
  }

  /** What {@link #run} has not told of; waits for it. */
  public List<Result> finish() {
    List<Result> known = new ArrayList<>();
    while (outlet.copies() > 0) {
      known.add(next());
    }
    return known;
  }

  private Result next() {
    return Result.of(outlet.take(), told++, settings.accumulate());
  }

  /** All of a step that takes memory, once, on whatever its inputs are. */
  private void rehearse() {
    passes.forEach(Runnable::run);
    update.run();
  }

  /**
   * Forward and backward of one batch of a step. Its tape stays open until the update: whether
   * running statistics move is known only when all gradients are.
   */
  private void pass(int batch) {
    Tape tape = new Tape(backend, memory, Tape.Mode.TRAINING, settings.recompute());
    tapes.add(tape);
    optimizer.begin(batch);
    pass(tape);
    optimizer.collect(batch);
    backend
        .elementwise()
        .accumulate(losses, batch == 0 ? Gradient.overwrite(lossSum) : Gradient.add(lossSum));
  }

  private void update() {
    Tensor foundInf = optimizer.checkFinite();
    optimizer.update();
    tapes.forEach(tape -> tape.updateRunningStatistics(foundInf));
    scaler.update(lossSum);
    closeTapes();
  }

  private void closeTapes() {
    tapes.forEach(Tape::close);
    tapes.clear();
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
