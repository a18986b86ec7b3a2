package dev.multibox.cli;

import dev.multibox.data.Splits;
import dev.multibox.model.ModelRegistry;
import dev.multibox.model.Ssd;
import dev.multibox.model.SsdDefinition;
import dev.multibox.train.Recipe;
import dev.multibox.train.TrainConfig;
import dev.multibox.train.TrainingSchedule;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Settles what a new run is: an option that was named, else the value of {@code --config}, else the
 * recipe's, the model's or the program's own. What the file says in numbers stays as it is, also
 * where it once followed from another option, as the learning rate from the batch size.
 */
final class RunPlan {
  /** The data set that is drawn where no data is named. */
  static final Path SHAPES = Path.of("data", "shapes");

  private static final List<String> PRECISIONS = List.of("fp32", "tf32", "amp");
  private static final int DEFAULT_BATCH = 8;
  private static final int EVALUATIONS = 4;

  private final TrainOptions options;
  private final @Nullable TrainConfig base;
  private final SsdDefinition model;
  private final Recipe recipe;
  private final InputSize size;

  /**
   * Settles everything but what depends on the data.
   *
   * @param base what {@code --config} named, null for nothing
   * @throws UserError if a name is unknown, or a value is not one
   */
  RunPlan(TrainOptions options, @Nullable TrainConfig base) {
    options.check();
    this.options = options;
    this.base = base;
    model = known(() -> ModelRegistry.find(pick(options.model, TrainConfig::model, "ssd-tiny")));
    String named = options.namesData() ? "scratch" : "shapes";
    recipe = known(() -> Recipe.find(pick(options.recipe, TrainConfig::recipe, named)));
    size = size();
    requirePrecision(precision());
  }

  /** {@code lookup}'s answer; what it refuses is the user's mistake. */
  static <T> T known(Supplier<T> lookup) {
    try {
      return lookup.get();
    } catch (IllegalArgumentException e) {
      throw UserError.of("%s", e.getMessage());
    }
  }

  private <T> T pick(@Nullable T named, Function<TrainConfig, T> ofBase, T otherwise) {
    if (named != null) {
      return named;
    }
    return base == null ? otherwise : ofBase.apply(base);
  }

  private @Nullable String pick(
      @Nullable String named, Function<TrainConfig, @Nullable String> ofBase) {
    return named != null || base == null ? named : ofBase.apply(base);
  }

  private InputSize size() {
    if (options.inputSize == null && base != null && options.model == null) {
      return new InputSize(base.inputHeight(), base.inputWidth());
    }
    return InputSize.parse(options.inputSize, model);
  }

  /** What it computes in. */
  String precision() {
    return pick(options.precision, TrainConfig::precision, "fp32");
  }

  /** Refuses a precision that there is not; whether a device computes in it is seen there. */
  static void requirePrecision(String precision) {
    if (!PRECISIONS.contains(precision)) {
      throw UserError.of("--precision: was '%s', wanted fp32, tf32 or amp", precision);
    }
  }

  SsdDefinition model() {
    return model;
  }

  /** The value of {@code --device}, {@code auto} included. */
  String device() {
    return pick(options.device, TrainConfig::device, "auto");
  }

  /** The weights to start from, null for random ones. */
  @Nullable Path init() {
    String init = pick(options.init == null ? null : absolute(options.init), TrainConfig::init);
    return init == null ? null : Path.of(init);
  }

  /** What is trained on, by absolute paths. */
  TrainData data() {
    boolean skip = pick(options.skipBadBoxes, TrainConfig::skipBadBoxes, false);
    DataOptions source = options.source;
    Path validation = options.valAnnotations;
    if (source.annotations != null && source.images != null) {
      return new TrainData(
          List.of(absolutePath(source.annotations)),
          absolute(source.images),
          null,
          null,
          validation == null ? null : absolute(validation),
          skip);
    }
    TrainData before = base == null ? TrainData.of(SHAPES) : TrainData.of(base);
    if (options.data != null && before.images() != null) {
      // Its splits are files, those of a folder have names.
      before = TrainData.of(SHAPES);
    }
    return new TrainData(
        options.data == null
            ? before.sources().stream().map(RunPlan::absolutePath).toList()
            : options.data.stream().map(RunPlan::absolutePath).toList(),
        before.images(),
        source.layout == null ? before.layout() : source.layout,
        options.trainSplit == null ? before.trainSplit() : options.trainSplit,
        options.valSplit == null ? before.valSplit() : options.valSplit,
        skip);
  }

  private static Path absolutePath(Path path) {
    return path.toAbsolutePath().normalize();
  }

  private static String absolute(Path path) {
    return absolutePath(path).toString();
  }

  /**
   * Reads the data, of which the recipe may leave images out.
   *
   * @throws UserError if anything in it is wrong, or it does not make one batch
   */
  Splits splits() {
    Splits all = data().read(seed());
    Splits splits = known(() -> recipe.of(all));
    if (batchSize() > splits.train().size()) {
      throw UserError.of(
          "--batch-size: was %d, but there are only %d images to train on; name at most so many",
          batchSize(), splits.train().size());
    }
    return splits;
  }

  private long seed() {
    return pick(options.seed, TrainConfig::seed, 1L);
  }

  private int batchSize() {
    return pick(options.batchSize(), TrainConfig::batchSize, DEFAULT_BATCH);
  }

  private int accumulate() {
    return pick(options.accumulate, TrainConfig::accumulate, 1);
  }

  /** The network for this data. */
  Ssd.Config network(Splits splits) {
    return new Ssd.Config(model, size.height(), size.width(), splits.train().classes());
  }

  /**
   * The whole configuration.
   *
   * @param device where the run computes, not {@code auto}
   */
  TrainConfig config(Splits splits, String device) {
    TrainData data = data();
    int step = batchSize() * accumulate();
    TrainingSchedule schedule = recipe.schedule();
    long length =
        pick(
            options.length(splits, batchSize(), accumulate()),
            TrainConfig::iterations,
            schedule.length().iterations(splits.train().size(), step));
    long warmup = schedule.warmUp().steps(length, splits.train().size() / step);
    return new TrainConfig(
        model.name(),
        recipe.name(),
        data.sources().stream().map(Path::toString).toList(),
        data.images(),
        data.layout(),
        data.trainSplit(),
        data.valSplit(),
        data.skipBadBoxes(),
        size.height(),
        size.width(),
        length,
        batchSize(),
        accumulate(),
        pick(options.learningRate, TrainConfig::learningRate, schedule.learningRate(step)),
        pick(options.weightDecay, TrainConfig::weightDecay, recipe.sgd().weightDecay()),
        pick(options.warmup, TrainConfig::warmup, warmup),
        pick(options.evalEvery, TrainConfig::evalEvery, Math.ceilDiv(length, EVALUATIONS)),
        pick(options.saveEvery, TrainConfig::saveEvery, 0L),
        seed(),
        pick(options.workers, TrainConfig::workers, Runtime.getRuntime().availableProcessors()),
        device,
        precision(),
        pick(options.recompute, TrainConfig::recompute, "none"),
        init() == null ? null : String.valueOf(init()),
        name());
  }

  private String name() {
    boolean same = !options.namesData() && options.model == null;
    String made = model.name() + "-" + data().name();
    return options.name == null && !same ? made : pick(options.name, TrainConfig::name, made);
  }
}
