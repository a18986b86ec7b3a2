package dev.multibox.train;

import dev.multibox.backend.Backend;
import dev.multibox.data.Batch;
import dev.multibox.data.Dataset;
import dev.multibox.data.Loader;
import dev.multibox.data.LoaderSettings;
import dev.multibox.data.Sample;
import dev.multibox.data.Splits;
import dev.multibox.eval.CocoMetric;
import dev.multibox.eval.CocoNumber;
import dev.multibox.eval.CocoResult;
import dev.multibox.model.Ssd;
import dev.multibox.optim.LearningRate;
import dev.multibox.tensor.TensorArena;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;

/** The training loop: steps, evaluations between them, and what the run directory keeps of both. */
public final class Trainer implements AutoCloseable {
  /** Steps from one line of the log to the next. */
  private static final int LOG_EVERY = 20;

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
   * @param interrupted whether it was stopped before its end
   * @param result the last evaluation's numbers; empty of a run that was interrupted before one
   */
  public record Outcome(long iteration, boolean interrupted, Map<CocoNumber, Double> result) {}

  private final Backend backend;
  private final TrainConfig config;
  private final Recipe recipe;
  private final Splits splits;
  private final RunDirectory run;
  private final Progress progress;
  private final TensorArena arena;
  private final Ssd ssd;
  private final TrainingStep step;
  private final Evaluator evaluator;
  private double best = -1;
  private Map<CocoNumber, Double> last = Map.of();

  /** Builds the model with weights drawn from the run's seed. */
  public Trainer(
      Backend backend,
      TrainConfig config,
      Ssd.Config model,
      Splits splits,
      RunDirectory run,
      Progress progress) {
    this.backend = backend;
    this.config = config;
    this.splits = splits;
    this.run = run;
    this.progress = progress;
    recipe = Recipe.find(config.recipe()).with(config.learningRate(), config.weightDecay());
    arena = backend.newArena();
    ssd = new Ssd(backend, model, arena);
    ssd.state().initialize(config.seed());
    step =
        new TrainingStep(
            backend,
            ssd,
            recipe,
            config.batchSize(),
            config.accumulate(),
            splits.train().largestObjectCount(),
            arena);
    evaluator =
        new Evaluator(
            backend,
            ssd,
            recipe.nms(),
            config.batchSize(),
            config.workers(),
            0,
            step.memory(),
            arena);
  }

  /**
   * Starts from these weights and statistics instead of random ones, with a momentum of zero.
   *
   * @throws IOException if they are of another network; the message lists what does not fit
   */
  public void startFrom(Checkpoint checkpoint) throws IOException {
    checkpoint.load(ssd.state(), backend);
    backend.elementwise().fill(ssd.state().momentum(), 0);
  }

  public Ssd ssd() {
    return ssd;
  }

  /**
   * Runs to the end, or until {@code stop} says so after a step; either way the last checkpoint is
   * written.
   *
   * @throws IllegalStateException if the loss is not finite; the message names the images
   */
  public Outcome run(BooleanSupplier stop) throws IOException, InterruptedException {
    LearningRate schedule =
        recipe.schedule(config.learningRate(), config.warmup(), config.iterations());
    LoaderSettings settings =
        LoaderSettings.training(
            config.batchSize(),
            config.workers(),
            config.seed(),
            recipe.augmentation(),
            CACHE_BYTES);
    long iteration = 0;
    try (Loader loader = new Loader(splits.train(), settings)) {
      while (iteration < config.iterations() && !stop.getAsBoolean()) {
        List<Batch> batches = new ArrayList<>();
        for (int i = 0; i < config.accumulate(); i++) {
          batches.add(loader.next());
        }
        float rate = schedule.at(iteration);
        TrainingStep.Result result = step.run(batches, rate, iteration);
        requireFinite(result, batches, iteration);
        iteration++;
        report(iteration, batches.getLast(), rate, result);
        if (config.evalEvery() > 0 && iteration % config.evalEvery() == 0) {
          evaluate(iteration);
        }
        if (config.saveEvery() > 0 && iteration % config.saveEvery() == 0) {
          save("iteration-" + iteration, iteration);
        }
      }
    }
    boolean interrupted = iteration < config.iterations();
    if (!interrupted && (config.evalEvery() == 0 || iteration % config.evalEvery() != 0)) {
      evaluate(iteration);
    }
    save("last", iteration);
    return new Outcome(iteration, interrupted, last);
  }

  private static void requireFinite(
      TrainingStep.Result result, List<Batch> batches, long iteration) {
    if (!Float.isFinite(result.loss())) {
      throw new IllegalStateException(
          "loss: was %s in iteration %d on images %s; lower --lr, or look at these images"
              .formatted(
                  result.loss(),
                  iteration,
                  batches.stream()
                      .flatMap(batch -> batch.samples().stream())
                      .map(Sample::image)
                      .map(image -> image.id())
                      .collect(Collectors.joining(", "))));
    }
  }

  private void report(long iteration, Batch batch, float rate, TrainingStep.Result result)
      throws IOException {
    progress.step(iteration, config.iterations(), result);
    if (iteration % LOG_EVERY == 0 || iteration == config.iterations()) {
      Map<String, Object> line = new LinkedHashMap<>();
      line.put("iteration", iteration);
      line.put("epoch", batch.epoch());
      line.put("loss", result.loss());
      line.put("classification_loss", result.classification());
      line.put("localisation_loss", result.localisation());
      line.put("learning_rate", rate);
      line.put("skipped", result.skipped());
      run.log(line);
    }
  }

  private void evaluate(long iteration) throws IOException, InterruptedException {
    Dataset validation = splits.validation();
    CocoResult result =
        CocoMetric.evaluate(Evaluator.groundTruth(validation), evaluator.detect(validation));
    last = result.numbers();
    progress.evaluated(iteration, result);
    Map<String, Object> line = new LinkedHashMap<>();
    line.put("iteration", iteration);
    result.numbers().forEach((number, value) -> line.put(number.key(), value));
    run.log(line);
    run.writeMetrics(result);
    double score = result.numbers().getOrDefault(CocoNumber.AP, -1.0);
    if (score > best) {
      best = score;
      save("best", iteration);
    }
  }

  private void save(String name, long iteration) throws IOException {
    Checkpoint.Meta meta =
        new Checkpoint.Meta(
            config.model(),
            config.inputHeight(),
            config.inputWidth(),
            splits.train().categories(),
            iteration,
            config.seed());
    Checkpoint.write(run.checkpoint(name), ssd.state(), backend, meta);
  }

  /** Frees the model and everything the loop allocated. */
  @Override
  public void close() {
    arena.close();
  }
}
