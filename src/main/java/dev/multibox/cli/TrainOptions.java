package dev.multibox.cli;

import dev.multibox.data.Splits;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** What {@code train} can be told about a new run; null where nothing was said. */
final class TrainOptions {
  @Option(
      names = "--data",
      paramLabel = "DIR",
      description = "A data set's folder; may be repeated (data/shapes, drawn if need be).")
  @Nullable List<Path> data;

  @Mixin DataOptions source = new DataOptions();

  @Option(
      names = "--val-annotations",
      paramLabel = "FILE",
      description = "What to validate on beside --annotations (a tenth of their images).")
  @Nullable Path valAnnotations;

  @Option(
      names = "--skip-bad-boxes",
      description = "Leave objects out whose boxes cannot be trained on, instead of refusing.")
  @Nullable Boolean skipBadBoxes;

  @Option(names = "--train-split", description = "The split trained on (train).")
  @Nullable String trainSplit;

  @Option(
      names = "--val-split",
      description = "The split validated on (val, else a tenth of the training images).")
  @Nullable String valSplit;

  @Option(names = "--model", description = "The model (ssd-tiny).")
  @Nullable String model;

  @Option(
      names = "--recipe",
      description = {
        "How it is trained: scratch, shapes, paper-voc, paper-coco, nvidia-coco, torchvision-coco or",
        "torchvision-lite-coco (scratch; shapes where --data is not given)."
      })
  @Nullable String recipe;

  @Option(
      names = "--input-size",
      paramLabel = "PIXELS|HxW",
      description = "The size images are stretched to (the model's own).")
  @Nullable String inputSize;

  @Option(
      names = "--epochs",
      paramLabel = "N",
      description = "The length, in passes over the training images.")
  @Nullable Integer epochs;

  @Option(
      names = "--iterations",
      paramLabel = "N",
      description = "The length, in steps (the recipe's). The learning rate drops at parts of it.")
  @Nullable Long iterations;

  @Option(names = "--batch-size", paramLabel = "N", description = "Images of a step (8).")
  @Nullable String batchSize;

  @Option(
      names = "--accumulate",
      paramLabel = "N",
      description = "Batches whose gradients make one update (1).")
  @Nullable Integer accumulate;

  @Option(
      names = "--precision",
      paramLabel = "fp32|tf32|amp",
      description = {
        "What is computed in (fp32). tf32: convolutions of F32 with factors rounded to TF32, on GPUs"
            + " since compute capability 8.0. amp: activations and filters in F16, weights in F32, with"
            + " a loss scale that moves; the CPU only stores F16, which saves memory and no time."
      })
  @Nullable String precision;

  @Option(
      names = "--recompute",
      paramLabel = "none|norm|block",
      description = {
        "What backward computes again instead of keeping it, for larger batches: nothing, batch norms,"
            + " or residual blocks too (none); changes no result."
      })
  @Nullable String recompute;

  @Option(
      names = "--init",
      paramLabel = "WEIGHTS",
      description = {
        "Weights of the same network, or of its backbone, to start from (random weights). Class heads"
            + " start anew where they are for another number of categories."
      })
  @Nullable Path init;

  @Option(names = "--lr", description = "The learning rate after warm-up (the recipe's).")
  @Nullable Float learningRate;

  @Option(names = "--weight-decay", description = "The weight decay (the recipe's).")
  @Nullable Float weightDecay;

  @Option(
      names = "--warmup",
      paramLabel = "N",
      description = "Steps of the linear rise (the recipe's).")
  @Nullable Long warmup;

  @Option(
      names = "--device",
      paramLabel = "auto|cpu|cuda[:N]",
      description = "Where to compute (auto).")
  @Nullable String device;

  @Option(
      names = "--eval-every",
      paramLabel = "N",
      description = "Steps between evaluations (a quarter of the run; 0: at the end alone).")
  @Nullable Long evalEvery;

  @Option(
      names = "--save-every",
      paramLabel = "N",
      description = "Steps between checkpoints that are kept (0: only last and best are).")
  @Nullable Long saveEvery;

  @Option(names = "--name", description = "The run's name (the model's and the data's).")
  @Nullable String name;

  @Option(names = "--seed", paramLabel = "N", description = "What all randomness follows from (1).")
  @Nullable Long seed;

  @Option(
      names = "--workers",
      paramLabel = "N",
      description = "Threads that decode images (the number of cores); changes no result.")
  @Nullable Integer workers;

  /**
   * Refuses what can be refused without a look at any file.
   *
   * @throws UserError naming the option
   */
  void check() {
    checkData();
    checkLength();
    atLeast("--batch-size", 1, batchSize());
    atLeast("--accumulate", 1, accumulate);
    atLeast("--warmup", 0, warmup);
    atLeast("--eval-every", 0, evalEvery);
    atLeast("--save-every", 0, saveEvery);
    atLeast("--workers", 1, workers);
    if (learningRate != null && !(learningRate > 0 && Float.isFinite(learningRate))) {
      throw UserError.of("--lr: was %s, wanted a number above 0", learningRate);
    }
    if (weightDecay != null && !(weightDecay >= 0 && Float.isFinite(weightDecay))) {
      throw UserError.of("--weight-decay: was %s, wanted a number of at least 0", weightDecay);
    }
    if (recompute != null && !List.of("none", "norm", "block").contains(recompute)) {
      throw UserError.of("--recompute: was '%s', wanted none, norm or block", recompute);
    }
    if (name != null && !name.matches("(?!\\.{1,2}$)[^/\\\\]+")) {
      throw UserError.of("--name: was '%s', wanted the name of a folder, without / or \\", name);
    }
  }

  private void checkData() {
    source.check(data != null, "--data");
    if (valAnnotations != null && source.annotations == null) {
      throw UserError.of("--val-annotations: needs --annotations FILE, what to train on");
    }
    if (source.annotations != null && (trainSplit != null || valSplit != null)) {
      throw UserError.of(
          "--annotations: has no splits; name what to validate on with --val-annotations");
    }
  }

  /** Whether data was named. */
  boolean namesData() {
    return data != null || source.annotations != null;
  }

  /** {@link #check} of the two options that {@code --resume} allows. */
  void checkLength() {
    if (iterations != null && epochs != null) {
      throw UserError.of("--epochs and --iterations: both were named; name one of them");
    }
    atLeast("--iterations", 1, iterations);
    atLeast("--epochs", 1, epochs);
  }

  private static void atLeast(String option, long least, @Nullable Number value) {
    if (value != null && value.longValue() < least) {
      throw UserError.of("%s: was %s, wanted at least %d", option, value, least);
    }
  }

  /** The number of {@code --batch-size}. */
  @Nullable Integer batchSize() {
    if (batchSize == null) {
      return null;
    }
    if (batchSize.equals("auto")) {
      throw UserError.of(
          "--batch-size auto: needs a GPU, whose memory is the limit; name a number of images");
    }
    try {
      return Integer.valueOf(batchSize);
    } catch (NumberFormatException _) {
      throw UserError.of("--batch-size: was '%s', wanted a number of images", batchSize);
    }
  }

  /** The length that was named, in steps of {@code accumulate} batches; null for none. */
  @Nullable Long length(Splits splits, int batch, int accumulate) {
    if (epochs == null) {
      return iterations;
    }
    return Math.ceilDiv((long) epochs * splits.train().size(), (long) batch * accumulate);
  }
}
