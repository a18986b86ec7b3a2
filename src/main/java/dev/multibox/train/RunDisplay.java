package dev.multibox.train;

import dev.multibox.data.Sample;
import dev.multibox.eval.CocoNumber;
import dev.multibox.picture.ClassNames;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What a run shows of itself while it goes on: events for TensorBoard, its curves, and a picture of
 * the first samples it is trained on.
 */
final class RunDisplay implements AutoCloseable {
  /** The most samples on a picture. */
  private static final int SAMPLES = 8;

  private final RunDirectory run;
  private final List<String> categories;
  private final String network;
  private final EventFile events;
  private boolean hasSamples;

  /**
   * Begins to show a run.
   *
   * @param network the network in a few words, for a title
   * @param firstStep the step that comes next
   */
  RunDisplay(RunDirectory run, List<String> categories, String network, long firstStep)
      throws IOException {
    this.run = run;
    this.categories = categories;
    this.network = network;
    events = EventFile.create(run.folder(), firstStep, Clock.systemUTC());
  }

  /** Draws the first batch, as it was trained on in {@code step}; later ones are not drawn. */
  void samples(long step, List<Sample> samples, TrainingInput input) throws IOException {
    if (hasSamples) {
      return;
    }
    hasSamples = true;
    Path folder = Files.createDirectories(run.samples());
    List<SeenSample> seen = input.seen(samples, Math.min(SAMPLES, samples.size()));
    String title = "Training samples of step %d, as %s sees them".formatted(step, network);
    SampleSheet.of(title, seen, ClassNames.of(categories), true)
        .write(folder.resolve("step-%d.png".formatted(step)));
  }

  /** Shows a step's losses. */
  void step(long step, float rate, TrainingStep.Result result) throws IOException {
    Map<String, Double> values = new LinkedHashMap<>();
    values.put("loss/total", (double) result.loss());
    values.put("loss/classification", (double) result.classification());
    values.put("loss/localisation", (double) result.localisation());
    values.put("learning_rate", (double) rate);
    events.scalars(step, values);
  }

  /** Shows an evaluation's numbers; COCO's -1 for what there is none of to find is no value. */
  void evaluation(long step, Map<CocoNumber, Double> numbers) throws IOException {
    Map<String, Double> values = new LinkedHashMap<>();
    numbers.forEach((number, value) -> {
      if (value >= 0) {
        values.put("validation/" + number.key(), value);
      }
    });
    events.scalars(step, values);
    curves();
  }

  /** Draws the curves of all that was logged. */
  void curves() throws IOException {
    RunCurves.write(run.logFile(), run.curves());
  }

  @Override
  public void close() throws IOException {
    events.close();
  }
}
