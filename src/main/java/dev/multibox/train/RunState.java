package dev.multibox.train;

import dev.multibox.data.Loader;
import dev.multibox.optim.GradScaler;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Where a run stands between two steps, besides its weights. Together with {@link TrainConfig} and
 * a checkpoint's tensors it decides every later step, bit for bit.
 *
 * <p>It is kept as text among a checkpoint's metadata, a key each, so that more may be added.
 *
 * @param iteration steps done
 * @param epoch the epoch of the next batch, from 0
 * @param batch the next batch of this epoch, from 0
 * @param evaluated the step after which the model was last evaluated, 0 if it never was
 * @param best the highest AP of an evaluation, -1 if there was none
 * @param bestIteration the step after which that was
 * @param skipped steps in a row, up to now, that changed no weight
 * @param scale the loss scale of the next step
 * @param data the {@link DataFingerprint} of what is trained on
 */
public record RunState(
    long iteration,
    int epoch,
    int batch,
    long evaluated,
    double best,
    long bestIteration,
    int skipped,
    GradScaler.State scale,
    String data) {
  private static final String ITERATION = "iteration";
  private static final String EPOCH = "epoch";
  private static final String BATCH = "batch";
  private static final String EVALUATED = "evaluated";
  private static final String BEST = "best";
  private static final String BEST_ITERATION = "best_iteration";
  private static final String SKIPPED = "skipped";
  private static final String SCALE = "loss_scale";
  private static final String SCALE_STEPS = "loss_scale_steps";
  private static final String DATA = "data";

  /** Before the first step. */
  static RunState start(GradScaler.State scale, String data) {
    return new RunState(0, 0, 0, 0, -1, 0, 0, scale, data);
  }

  /** One step on. */
  RunState stepped(Loader.Position next) {
    return new RunState(
        iteration + 1,
        next.epoch(),
        next.index(),
        evaluated,
        best,
        bestIteration,
        skipped,
        scale,
        data);
  }

  /** What became of a step. */
  RunState updated(boolean skippedUpdate) {
    return new RunState(
        iteration,
        epoch,
        batch,
        evaluated,
        best,
        bestIteration,
        skippedUpdate ? skipped + 1 : 0,
        scale,
        data);
  }

  /** Evaluated here, with this AP. */
  RunState evaluated(double score) {
    boolean better = score > best;
    return new RunState(
        iteration,
        epoch,
        batch,
        iteration,
        better ? score : best,
        better ? iteration : bestIteration,
        skipped,
        scale,
        data);
  }

  /** The same with this loss scale. */
  RunState with(GradScaler.State now) {
    return new RunState(
        iteration, epoch, batch, evaluated, best, bestIteration, skipped, now, data);
  }

  /** Whether the weights of this moment are the best so far. */
  boolean isBest() {
    return iteration > 0 && bestIteration == iteration;
  }

  /** What {@link #of} reads. */
  Map<String, String> metadata() {
    Map<String, String> metadata = new LinkedHashMap<>();
    metadata.put(ITERATION, Long.toString(iteration));
    metadata.put(EPOCH, Integer.toString(epoch));
    metadata.put(BATCH, Integer.toString(batch));
    metadata.put(EVALUATED, Long.toString(evaluated));
    metadata.put(BEST, Double.toString(best));
    metadata.put(BEST_ITERATION, Long.toString(bestIteration));
    metadata.put(SKIPPED, Integer.toString(skipped));
    metadata.put(SCALE, Float.toString(scale.scale()));
    metadata.put(SCALE_STEPS, Integer.toString(scale.clean()));
    metadata.put(DATA, data);
    return metadata;
  }

  /**
   * The state in the metadata of {@code file}.
   *
   * @throws IOException if a key is missing or no number
   */
  static RunState of(Path file, Map<String, String> metadata) throws IOException {
    if (!metadata.containsKey(EPOCH)) {
      throw new IOException(
          "%s: holds weights, but not where a run stood; start a new run from it with --init"
              .formatted(file));
    }
    try {
      return new RunState(
          Long.parseLong(metadata.getOrDefault(ITERATION, "")),
          Integer.parseInt(metadata.getOrDefault(EPOCH, "")),
          Integer.parseInt(metadata.getOrDefault(BATCH, "")),
          Long.parseLong(metadata.getOrDefault(EVALUATED, "")),
          Double.parseDouble(metadata.getOrDefault(BEST, "")),
          Long.parseLong(metadata.getOrDefault(BEST_ITERATION, "")),
          Integer.parseInt(metadata.getOrDefault(SKIPPED, "")),
          // Those of before mixed precision have none.
          new GradScaler.State(
              Float.parseFloat(metadata.getOrDefault(SCALE, "1")),
              Integer.parseInt(metadata.getOrDefault(SCALE_STEPS, "0"))),
          metadata.getOrDefault(DATA, ""));
    } catch (NumberFormatException e) {
      throw Checkpoint.damaged(file, e);
    }
  }
}
