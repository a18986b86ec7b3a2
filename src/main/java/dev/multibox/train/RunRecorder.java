package dev.multibox.train;

import dev.multibox.backend.Backend;
import dev.multibox.data.Sample;
import dev.multibox.eval.CocoNumber;
import dev.multibox.eval.CocoResult;
import dev.multibox.model.Ssd;
import dev.multibox.nn.Buffer;
import dev.multibox.tensor.DType;
import dev.multibox.tensor.Shape;
import dev.multibox.tensor.Tensor;
import dev.multibox.tensor.TensorArena;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Writes what a run leaves in its directory: lines of the log, metrics, checkpoints, pictures. */
final class RunRecorder implements AutoCloseable {
  // Fields of the log's lines; those of an evaluation are COCO's numbers.
  static final String ITERATION = "iteration";
  static final String LOSS = "loss";
  static final String CLASSIFICATION = "classification_loss";
  static final String LOCALISATION = "localisation_loss";
  static final String LEARNING_RATE = "learning_rate";

  private final Backend backend;
  private final TrainConfig config;
  private final Ssd ssd;
  private final List<String> categories;
  private final RunDirectory run;
  private final RunDisplay display;

  /**
   * Records a run.
   *
   * @param done steps done
   */
  RunRecorder(
      Backend backend,
      TrainConfig config,
      Ssd ssd,
      List<String> categories,
      RunDirectory run,
      long done)
      throws IOException {
    this.backend = backend;
    this.config = config;
    this.ssd = ssd;
    this.categories = categories;
    this.run = run;
    String network =
        "%s at %dx%d".formatted(config.model(), config.inputHeight(), config.inputWidth());
    display = new RunDisplay(run, categories, network, done + 1);
  }

  /** Draws what step {@code iteration} was trained on, if it is the first that is recorded. */
  void samples(long iteration, List<Sample> samples, TrainingInput input) throws IOException {
    display.samples(iteration, samples, input);
  }

  /** Logs step {@code iteration}, which belonged to {@code epoch}. */
  void step(long iteration, int epoch, float rate, TrainingStep.Result result) throws IOException {
    Map<String, Object> line = new LinkedHashMap<>();
    line.put(ITERATION, iteration);
    line.put("epoch", epoch);
    line.put(LOSS, result.loss());
    line.put(CLASSIFICATION, result.classification());
    line.put(LOCALISATION, result.localisation());
    line.put(LEARNING_RATE, rate);
    line.put("skipped", result.skipped());
    run.log(line);
    display.step(iteration, rate, result);
  }

  /** Logs the numbers of an evaluation, and writes them as the run's metrics. */
  void evaluation(long iteration, CocoResult result) throws IOException {
    Map<String, Object> line = new LinkedHashMap<>();
    line.put(ITERATION, iteration);
    for (Map.Entry<CocoNumber, Double> number : result.numbers().entrySet()) {
      line.put(number.getKey().key(), number.getValue());
    }
    run.log(line);
    run.writeMetrics(result);
    display.evaluation(iteration, result.numbers());
  }

  /** Draws the curves to the last step. */
  void finish() throws IOException {
    display.curves();
  }

  /**
   * Writes the last checkpoint, and where these weights are the best so far, then that one: a run
   * that is killed in between finds out from the last one that the best is to be written again.
   *
   * @throws DivergedException if a weight is not finite; nothing is written
   */
  void saveLast(RunState state) throws IOException {
    requireFinite(state);
    write(RunDirectory.LAST, state);
    if (state.isBest()) {
      write(RunDirectory.BEST, state);
    }
  }

  /** Writes a checkpoint that is kept. */
  void keep(RunState state) throws IOException {
    requireFinite(state);
    write("iteration-" + state.iteration(), state);
  }

  private void write(String name, RunState state) throws IOException {
    Checkpoint.Meta meta =
        new Checkpoint.Meta(
            config.model(),
            config.inputHeight(),
            config.inputWidth(),
            categories,
            state.iteration(),
            config.seed());
    Checkpoint.write(run.checkpoint(name), ssd.state(), backend, meta, state);
  }

  private void requireFinite(RunState state) {
    try (TensorArena arena = backend.newArena()) {
      Tensor foundInf = arena.zeros(Shape.of(1), DType.I32);
      backend.optimizer().checkFinite(ssd.state().weights(), foundInf);
      backend.optimizer().checkFinite(ssd.state().momentum(), foundInf);
      for (Buffer buffer : ssd.state().buffers()) {
        backend.optimizer().checkFinite(buffer.value(), foundInf);
      }
      if (backend.ints(foundInf)[0] != 0) {
        throw new DivergedException(
            "weights: are not finite after %d steps; lower --lr; %s"
                .formatted(state.iteration(), lastGood()));
      }
    }
  }

  /** Where the last checkpoint is, for the message of a run that failed. */
  String lastGood() {
    Path last = run.checkpoint(RunDirectory.LAST);
    return Files.exists(last)
        ? "the last good checkpoint is " + last
        : "there is no checkpoint from before";
  }

  @Override
  public void close() throws IOException {
    display.close();
  }
}
