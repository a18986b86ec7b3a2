package dev.multibox.train;

import dev.multibox.autograd.HeadVariables;
import dev.multibox.autograd.LossOps;
import dev.multibox.autograd.PlannedMemory;
import dev.multibox.autograd.Recompute;
import dev.multibox.autograd.StepMemory;
import dev.multibox.autograd.Tape;
import dev.multibox.autograd.Variable;
import dev.multibox.backend.Backend;
import dev.multibox.backend.LossKernels;
import dev.multibox.data.Batch;
import dev.multibox.model.Ssd;
import dev.multibox.optim.Sgd;
import dev.multibox.tensor.DType;
import dev.multibox.tensor.Shape;
import dev.multibox.tensor.Tensor;
import dev.multibox.tensor.TensorArena;
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
   */
  public record Result(float loss, float classification, float localisation, boolean skipped) {
    /** This and one of {@code parts} equal parts of a mean. */
    private Result plus(Result part, int parts) {
      return new Result(
          loss + part.loss / parts,
          classification + part.classification / parts,
          localisation + part.localisation / parts,
          skipped || part.skipped);
    }
  }

  private final Backend backend;
  private final Ssd ssd;
  private final Recipe recipe;
  private final Sgd optimizer;
  private final StepMemory memory;
  private final Recompute recompute;
  private final TrainingInput input;
  private final Tensor losses; // [3]
  private final Tensor lossScale; // [1]

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
    this.memory = memory;
    recompute = settings.recompute();
    optimizer = new Sgd(backend, ssd.state(), recipe.sgd(), arena);
    input = new TrainingInput(backend, ssd.network(), recipe.match(), ssd.type(), settings, arena);
    losses = arena.zeros(Shape.of(3), DType.F32);
    lossScale = arena.zeros(Shape.of(1), DType.F32);
    backend.upload(new float[] {1f / settings.accumulate()}, lossScale);
  }

  /**
   * Updates the weights once, by the mean gradient of these batches.
   *
   * @param iteration updates before this one
   */
  public Result run(List<Batch> batches, float learningRate, long iteration) {
    ssd.state().resetGradients();
    Result sum = new Result(0, 0, 0, false);
    for (int i = 0; i < batches.size(); i++) {
      input.prepare(batches.get(i).samples());
      boolean last = i == batches.size() - 1;
      sum = sum.plus(pass(last, learningRate, iteration), batches.size());
    }
    return sum;
  }

  /** All of a step that takes memory, once, on whatever its inputs are. */
  void rehearse() {
    ssd.state().resetGradients();
    pass(true, 0, 0);
  }

  /** Forward and backward of one batch, and behind the last one the update. */
  private Result pass(boolean last, float learningRate, long iteration) {
    try (Tape tape = new Tape(backend, memory, Tape.Mode.TRAINING, recompute)) {
      HeadVariables heads = ssd.forward(tape, Variable.constant(input.images()));
      Variable loss =
          LossOps.multiboxLoss(
              tape, heads, input.classTargets(), input.offsetTargets(), recipe.loss(), losses);
      tape.backward(loss, lossScale);
      Tensor foundInf = optimizer.checkFinite();
      if (last) {
        optimizer.step(learningRate, iteration);
      }
      tape.updateRunningStatistics(foundInf);
      return result(foundInf);
    }
  }

  private Result result(Tensor foundInf) {
    float[] values = backend.floats(losses);
    return new Result(
        values[LossKernels.TOTAL],
        values[LossKernels.CLASSIFICATION],
        values[LossKernels.LOCALISATION],
        backend.ints(foundInf)[0] != 0);
  }

  /** What the last step saw: of several batches the last one. */
  TrainingInput input() {
    return input;
  }
}
