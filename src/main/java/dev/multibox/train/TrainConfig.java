package dev.multibox.train;

import dev.multibox.autograd.Recompute;
import dev.multibox.backend.Checks;
import dev.multibox.tensor.DType;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Everything that decides what a run computes, as {@code config.json} holds it. Paths are absolute,
 * so that a run can be resumed from any folder; what a user left to the recipe or the model is
 * written out.
 *
 * @param model the model's name
 * @param recipe the recipe's name
 * @param data the folders trained on, or one file of COCO annotations where {@code images} are
 *     named
 * @param images the images of that file, null for folders
 * @param layout their layout, null to look
 * @param trainSplit the split trained on, null for the default
 * @param valSplit the split validated on, or another file of annotations, null for the default
 * @param skipBadBoxes whether objects with boxes that cannot be used are left out, not refused
 * @param inputHeight rows of the network's image
 * @param inputWidth columns of the network's image
 * @param iterations steps of the run; the learning rate drops at parts of this length
 * @param batchSize images of a batch
 * @param accumulate batches whose gradients make one update
 * @param learningRate the rate after warm-up
 * @param weightDecay the factor of decayed weights in their gradient
 * @param warmup steps of the linear rise
 * @param evalEvery steps from one evaluation to the next, 0 for the end alone
 * @param saveEvery steps from one kept checkpoint to the next, 0 for none but last and best
 * @param seed what every random number of the run follows from
 * @param workers threads that decode images; changes no result
 * @param device where it runs
 * @param precision what it computes in: {@code fp32}, {@code tf32} for convolutions that round
 *     their factors, or {@code amp} for activations and filters of F16 with masters of F32
 * @param recompute what backward computes again instead of keeping it: {@code none}, {@code norm}
 *     or {@code block}; changes no result
 * @param init the weights it starts from, null for random ones
 * @param name the run's name, part of its folder's
 */
public record TrainConfig(
    String model,
    String recipe,
    List<String> data,
    @Nullable String images,
    @Nullable String layout,
    @Nullable String trainSplit,
    @Nullable String valSplit,
    boolean skipBadBoxes,
    int inputHeight,
    int inputWidth,
    long iterations,
    int batchSize,
    int accumulate,
    float learningRate,
    float weightDecay,
    long warmup,
    long evalEvery,
    long saveEvery,
    long seed,
    int workers,
    String device,
    String precision,
    String recompute,
    @Nullable String init,
    String name) {
  /** What there was no choice of when the first runs were begun, and what they did. */
  private static final String YOUNGER =
      """
      {"images": null, "skipBadBoxes": false, "precision": "fp32", "recompute": "none", "init": null}
      """;

  /**
   * @throws IllegalArgumentException if a number is out of its range, or no data is named
   */
  public TrainConfig {
    data = List.copyOf(data);
    Checks.require("data", !data.isEmpty(), "was empty, wanted at least one folder");
    atLeast("inputHeight", 1, inputHeight);
    atLeast("inputWidth", 1, inputWidth);
    atLeast("iterations", 1, iterations);
    atLeast("batchSize", 1, batchSize);
    atLeast("accumulate", 1, accumulate);
    Checks.positive("learningRate", "rate", learningRate);
    Checks.notNegative("weightDecay", "factor", weightDecay);
    atLeast("warmup", 0, warmup);
    atLeast("evalEvery", 0, evalEvery);
    atLeast("saveEvery", 0, saveEvery);
    atLeast("workers", 1, workers);
    backward(recompute);
  }

  private static Recompute backward(String name) {
    for (Recompute each : Recompute.values()) {
      if (each.name().toLowerCase(Locale.ROOT).equals(name)) {
        return each;
      }
    }
    throw new IllegalArgumentException(
        "recompute: was '%s', wanted none, norm or block".formatted(name));
  }

  /** What backward computes again. */
  Recompute backward() {
    return backward(recompute);
  }

  /** The type of activations. */
  DType type() {
    return precision.equals("amp") ? DType.F16 : DType.F32;
  }

  private static void atLeast(String field, long least, long value) {
    Checks.require(field, value >= least, "was %d, wanted at least %d", value, least);
  }

  /**
   * Reads a run's {@code config.json}.
   *
   * @throws IOException if it is no such file; the message names file and field, and what to do
   */
  public static TrainConfig read(Path file) throws IOException {
    return RecordJson.read(file, TrainConfig.class, YOUNGER);
  }

  /** The same run of another length. */
  public TrainConfig withIterations(long length) {
    return new TrainConfig(
        model,
        recipe,
        data,
        images,
        layout,
        trainSplit,
        valSplit,
        skipBadBoxes,
        inputHeight,
        inputWidth,
        length,
        batchSize,
        accumulate,
        learningRate,
        weightDecay,
        warmup,
        evalEvery,
        saveEvery,
        seed,
        workers,
        device,
        precision,
        recompute,
        init,
        name);
  }
}
