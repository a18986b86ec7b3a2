package dev.multibox.train;

import dev.multibox.autograd.PlannedMemory;
import dev.multibox.autograd.StepPlan;
import dev.multibox.backend.Backend;
import dev.multibox.backend.NmsParams;
import dev.multibox.data.Batch;
import dev.multibox.data.Dataset;
import dev.multibox.data.Loader;
import dev.multibox.data.LoaderSettings;
import dev.multibox.data.Splits;
import dev.multibox.data.UnreadableImageException;
import dev.multibox.eval.CocoMetric;
import dev.multibox.eval.CocoNumber;
import dev.multibox.eval.CocoResult;
import dev.multibox.eval.DetectedObject;
import dev.multibox.model.Detector;
import dev.multibox.model.Ssd;
import dev.multibox.optim.LearningRate;
import dev.multibox.tensor.DType;
import dev.multibox.tensor.Shape;
import dev.multibox.tensor.Tensor;
import dev.multibox.tensor.TensorArena;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The training loop: steps, evaluations between them, and what the run directory keeps of both.
 *
 * <p>A run that was stopped between two steps and resumed by another trainer goes on as if it had
 * never stopped: weights, momentum and statistics come from its last checkpoint, everything else
 * from its {@link RunState}. That checkpoint is written when the run ends or is stopped, after each
 * evaluation, with each checkpoint that is kept, and every ten minutes.
 */
public final class Trainer implements AutoCloseable {
  /** Steps from one line of the log to the next. */
  private static final int LOG_EVERY = 20;

  /** The work that a run that is killed loses at most. */
  private static final Duration SAVE_WITHIN = Duration.ofMinutes(10);

  /** Decoded images that are kept, so that a small data set is decoded once only. */
  private static final long CACHE_BYTES = 512L << 20;

  /** Who is told how a run goes. */
  public interface Progress {
    /** After every step. */
    void step(long iteration, long iterations, TrainingStep.Result result);

    /** After every evaluation, with the validation set's numbers. */
    void evaluated(long iteration, CocoResult result);
  }

  /**
   * How a run ended.
   *
   * @param iteration steps done
   * @param interrupted whether it was stopped before its last step or evaluation
   * @param result the last evaluation's numbers; empty where there was none since the run began or
   *     was resumed
   */
  public record Outcome(long iteration, boolean interrupted, Map<CocoNumber, Double> result) {}

  private final Backend backend;
  private final TrainConfig config;
  private final Recipe recipe;
  private final LearningRate schedule;
  private final Splits splits;
  private final Progress progress;
  private final TensorArena arena;
  private final Ssd ssd;
  private final StepPlan plan;
  private final TrainingStep step;
  private final Evaluator evaluator;
  private final Deque<Asked> asked = new ArrayDeque<>();
  private RunState state;
  private @Nullable RunState saved;
  private long savedNanos;
  private Map<CocoNumber, Double> result = Map.of();

  /** Builds the model with weights drawn from the run's seed. */
  public Trainer(
      Backend backend, TrainConfig config, Ssd.Config model, Splits splits, Progress progress) {
    this.backend = backend;
    this.config = config;
    this.splits = splits;
    this.progress = progress;
    recipe = Recipe.find(config.recipe()).with(config.learningRate(), config.weightDecay());
    schedule = recipe.schedule().rates(config.learningRate(), config.warmup(), config.iterations());
    arena = backend.newArena();
    List<String> frozen = config.init() == null ? List.of() : recipe.frozen();
    ssd = new Ssd(backend, model, config.type(), frozen, arena);
    ssd.state().initialize(config.seed());
    StepSettings settings =
        new StepSettings(
            config.batchSize(),
            config.accumulate(),
            splits.train().largestObjectCount(),
            splits.train().largestBytes(config.batchSize()),
            config.backward());
    plan = TrainingStep.plan(backend, ssd, recipe, settings);
    EvaluationProtocol protocol = recipe.evaluation(model.definition());
    NmsParams nms = protocol.nms();
    StepPlan detection = Detector.plan(backend, ssd, nms, config.batchSize());
    // Steps and evaluations take turns, and use the same memory.
    backend.reserveWorkspace(Math.max(plan.workspaceBytes(), detection.workspaceBytes()));
    Tensor slab =
        arena.allocate(
            Shape.of(Math.max(plan.memory().bytes(), detection.memory().bytes())), DType.U8);
    step =
        new TrainingStep(
            backend, ssd, recipe, settings, new PlannedMemory(plan.memory(), slab), arena);
    state = RunState.start(step.scaler().state(), DataFingerprint.of(splits));
    evaluator =
        new Evaluator(
            backend,
            ssd,
            nms,
            protocol.resize(),
            splits.validation(),
            config.batchSize(),
            config.workers(),
            new PlannedMemory(detection.memory(), slab),
            arena);
  }

  /**
   * Starts from these weights and statistics instead of random ones, with a momentum of zero. What
   * they do not have, as class heads for other categories, stays random.
   *
   * @return one line on each thing that stays random
   * @throws IOException if they are of another network; the message lists what does not fit
   */
  public List<String> startFrom(Checkpoint checkpoint) throws IOException {
    List<String> remarks = checkpoint.start(ssd);
    backend.elementwise().fill(ssd.state().momentum(), 0);
    return remarks;
  }

  /**
   * Goes on where the run stood that wrote {@code checkpoint}.
   *
   * @throws IOException if it was another run, or its data has changed since
   */
  public void resume(Checkpoint checkpoint) throws IOException {
    RunState from = checkpoint.runState();
    if (!from.data().equals(state.data())) {
      throw new IOException(
          "%s: the run was %s; now it would be %s; restore the data, or start a new run with --init"
              .formatted(checkpoint.path(), from.data(), state.data()));
    }
    requireSame(checkpoint, from);
    checkpoint.load(ssd.state());
    step.scaler().restore(from.scale());
    state = from;
    saved = from;
  }

  private void requireSame(Checkpoint checkpoint, RunState from) throws IOException {
    Checkpoint.Meta meta = checkpoint.meta();
    long batches = Math.multiplyExact(from.iteration(), (long) config.accumulate());
    long perEpoch = splits.train().size() / config.batchSize();
    require(checkpoint, "model", meta.model().equals(config.model()));
    require(checkpoint, "inputHeight", meta.inputHeight() == config.inputHeight());
    require(checkpoint, "inputWidth", meta.inputWidth() == config.inputWidth());
    require(checkpoint, "data's categories", meta.categories().equals(splits.train().categories()));
    require(checkpoint, "seed", meta.seed() == config.seed());
    require(
        checkpoint, "batchSize or accumulate", batches == from.epoch() * perEpoch + from.batch());
    require(checkpoint, "iterations", from.iteration() <= config.iterations());
  }

  private static void require(Checkpoint checkpoint, String field, boolean same)
      throws IOException {
    if (!same) {
      throw new IOException(
          "%s: does not fit the %s of config.json; restore what was changed there"
              .formatted(checkpoint.path(), field));
    }
  }

  public Ssd ssd() {
    return ssd;
  }

  /** What a step takes. */
  public StepPlan plan() {
    return plan;
  }

  /** Where the run stands. */
  public RunState state() {
    return state;
  }

  /** Whether nothing is left to do. */
  public boolean isFinished() {
    return state.iteration() >= config.iterations() && !isEvaluationDue();
  }

  /**
   * Runs to the end, or until {@code stop} says so after a step or within an evaluation; either way
   * the last checkpoint is written.
   *
   * @throws DivergedException if the loss or a weight is not finite; the message names the images
   *     of a loss, and the last checkpoint stays as it was
   * @throws UnreadableImageException if an image cannot be read; the last checkpoint is written
   *     first
   */
  public Outcome run(RunDirectory run, BooleanSupplier stop)
      throws IOException, InterruptedException {
    List<String> categories = splits.train().categories();
    try (RunRecorder recorder =
        new RunRecorder(backend, config, ssd, categories, run, state.iteration())) {
      return run(recorder, stop);
    }
  }

  private Outcome run(RunRecorder recorder, BooleanSupplier stop)
      throws IOException, InterruptedException {
    savedNanos = System.nanoTime();
    if (state.isBest()) {
      recorder.saveLast(state);
    }
    LoaderSettings settings =
        LoaderSettings.training(
            config.batchSize(),
            config.workers(),
            config.seed(),
            recipe.augmentation(),
            CACHE_BYTES);
    try (Loader loader = new Loader(splits.train(), settings)) {
      loader.seek(state.epoch(), state.batch());
      evaluateIfDue(recorder, stop);
      while (state.iteration() < config.iterations() && !stop.getAsBoolean()) {
        step(loader, recorder);
        evaluateIfDue(recorder, stop);
        saveIfDue(recorder);
      }
    } catch (UnreadableImageException e) {
      saveLast(recorder);
      throw e;
    }
    saveLast(recorder);
    recorder.finish();
    return new Outcome(state.iteration(), !isFinished(), result);
  }

  private void step(Loader loader, RunRecorder recorder) throws IOException, InterruptedException {
    List<Batch> batches = new ArrayList<>();
    for (int i = 0; i < config.accumulate(); i++) {
      batches.add(loader.next());
    }
    float rate = schedule.at(state.iteration());
    asked.add(new Asked(state.iteration() + 1, batches.getLast().epoch(), rate, ids(batches)));
    List<TrainingStep.Result> known = step.run(batches, rate, state.iteration());
    recorder.samples(state.iteration() + 1, batches.getLast().samples(), step.input());
    state = state.stepped(loader.position());
    learn(known, recorder);
  }

  /** A step whose figures are not known yet. */
  private record Asked(long iteration, int epoch, float rate, String images) {}

  private void learn(List<TrainingStep.Result> known, RunRecorder recorder) throws IOException {
    for (TrainingStep.Result result : known) {
      Asked of = asked.remove();
      Divergence.check(
          result,
          of.iteration(),
          state.skipped(),
          ssd.type() == DType.F16,
          of.images(),
          recorder.lastGood());
      state = state.updated(result.skipped());
      progress.step(of.iteration(), config.iterations(), result);
      if (of.iteration() % LOG_EVERY == 0 || of.iteration() == config.iterations()) {
        recorder.step(of.iteration(), of.epoch(), of.rate(), result);
      }
    }
  }

  private static String ids(List<Batch> batches) {
    return batches.stream()
        .flatMap(batch -> batch.samples().stream())
        .map(sample -> sample.image().id())
        .collect(Collectors.joining(", "));
  }

  /** Whether an evaluation belongs here that has not been: of a resumed run it may be pending. */
  private boolean isEvaluationDue() {
    long iteration = state.iteration();
    return state.evaluated() < iteration
        && (iteration == config.iterations() || isMultiple(iteration, config.evalEvery()));
  }

  private static boolean isMultiple(long iteration, long every) {
    return every > 0 && iteration % every == 0;
  }

  private void evaluateIfDue(RunRecorder recorder, BooleanSupplier stop)
      throws IOException, InterruptedException {
    if (!isEvaluationDue()) {
      return;
    }
    learn(step.finish(), recorder);
    Dataset validation = splits.validation();
    Optional<List<DetectedObject>> detections = evaluator.detect(stop);
    if (detections.isEmpty()) {
      return;
    }
    CocoResult found =
        CocoMetric.evaluate(Evaluator.groundTruth(validation), detections.orElseThrow());
    result = found.numbers();
    recorder.evaluation(state.iteration(), found);
    state = state.evaluated(result.getOrDefault(CocoNumber.AP, -1.0));
    saveLast(recorder);
    progress.evaluated(state.iteration(), found);
  }

  private void saveIfDue(RunRecorder recorder) throws IOException {
    if (isMultiple(state.iteration(), config.saveEvery())) {
      saveLast(recorder);
      recorder.keep(state);
    } else if (System.nanoTime() - savedNanos > SAVE_WITHIN.toNanos()) {
      saveLast(recorder);
    }
  }

  private void saveLast(RunRecorder recorder) throws IOException {
    learn(step.finish(), recorder);
    state = state.with(step.scaler().state());
    if (!state.equals(saved)) {
      recorder.saveLast(state);
      saved = state;
      savedNanos = System.nanoTime();
    }
  }

  /** Frees the model and everything the loop allocated. */
  @Override
  public void close() {
    arena.close();
  }
}
