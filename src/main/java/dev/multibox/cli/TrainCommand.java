package dev.multibox.cli;

import dev.multibox.backend.Backend;
import dev.multibox.data.ShapesGenerator;
import dev.multibox.data.Splits;
import dev.multibox.model.ModelRegistry;
import dev.multibox.model.Ssd;
import dev.multibox.model.SsdDefinition;
import dev.multibox.train.Checkpoint;
import dev.multibox.train.Recipe;
import dev.multibox.train.RunDirectory;
import dev.multibox.train.TrainConfig;
import dev.multibox.train.Trainer;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code multibox train}. */
@Command(
    name = "train",
    header = "Train a detector.",
    description =
        "With no option: generates the shapes data set under data/shapes and trains ssd-tiny on it.",
    sortOptions = false,
    footer = {
      "",
      "Examples:",
      "  multibox train",
      "  multibox train --data path/to/VOC2007 --epochs 40",
      "  multibox train --data mine --val-split test --input-size 160 --batch-size 8 --lr 0.02"
    })
final class TrainCommand implements Callable<Integer> {
  private static final Path SHAPES = Path.of("data", "shapes");
  private static final long SHAPES_SEED = 1;
  private static final int SHAPES_SIZE = 128;
  private static final ShapesGenerator.Counts SHAPES_COUNTS =
      new ShapesGenerator.Counts(2000, 200, 200);
  private static final long DEFAULT_ITERATIONS = 1900;
  private static final int EVALUATIONS = 4;

  @Spec CommandSpec spec;

  @Option(
      names = "--data",
      paramLabel = "DIR",
      description = "A data set in VOC layout; may be repeated.")
  List<Path> data = List.of();

  @Option(names = "--layout", paramLabel = "voc|coco", description = "Its layout, if both show.")
  @Nullable String layout;

  @Option(names = "--train-split", description = "The split trained on (train).")
  @Nullable String trainSplit;

  @Option(
      names = "--val-split",
      description = "The split validated on (val, else a tenth of the training images).")
  @Nullable String valSplit;

  @Option(names = "--model", description = "The model (${DEFAULT-VALUE}).")
  String model = "ssd-tiny";

  @Option(
      names = "--recipe",
      description = "How it is trained: scratch, or shapes where --data is not given.")
  @Nullable String recipe;

  @Option(
      names = "--input-size",
      paramLabel = "PIXELS|HxW",
      description = "The size images are stretched to (the model's own).")
  @Nullable String inputSize;

  @Option(names = "--epochs", description = "The length, in passes over the training images.")
  @Nullable Integer epochs;

  @Option(names = "--iterations", description = "The length, in steps (1900).")
  @Nullable Long iterations;

  @Option(names = "--batch-size", description = "Images of a step (${DEFAULT-VALUE}).")
  int batchSize = 8;

  @Option(
      names = "--accumulate",
      description = "Batches whose gradients make one update (${DEFAULT-VALUE}).")
  int accumulate = 1;

  @Option(
      names = "--precision",
      paramLabel = "fp32|tf32|amp",
      description = "What is computed in; the CPU computes in fp32 (${DEFAULT-VALUE}).")
  String precision = "fp32";

  @Option(
      names = "--init",
      paramLabel = "WEIGHTS",
      description = "A checkpoint of the same network to start from (random weights).")
  @Nullable Path init;

  @Option(names = "--lr", description = "The learning rate after warm-up (the recipe's).")
  @Nullable Float learningRate;

  @Option(names = "--weight-decay", description = "The weight decay of filters (the recipe's).")
  @Nullable Float weightDecay;

  @Option(names = "--warmup", description = "Steps of the linear rise (the recipe's).")
  @Nullable Long warmup;

  @Option(
      names = "--device",
      paramLabel = "auto|cpu|cuda[:N]",
      description = "Where to compute (${DEFAULT-VALUE}).")
  String device = "auto";

  @Option(names = "--eval-every", description = "Steps between evaluations (a quarter of the run).")
  @Nullable Long evalEvery;

  @Option(
      names = "--save-every",
      description = "Steps between kept checkpoints (only last and best are kept).")
  long saveEvery;

  @Option(
      names = "--out",
      paramLabel = "DIR",
      description = "The run's folder, new or empty (runs/NAME-1, -2, ...).")
  @Nullable Path out;

  @Option(names = "--name", description = "The run's name (the model's and the data's).")
  @Nullable String name;

  @Option(names = "--seed", description = "What all randomness follows from (${DEFAULT-VALUE}).")
  long seed = 1;

  @Option(names = "--workers", description = "Threads that decode images (the number of cores).")
  int workers = Runtime.getRuntime().availableProcessors();

  @Override
  public Integer call() throws IOException, InterruptedException {
    PrintWriter console = spec.commandLine().getOut();
    SsdDefinition definition = find(() -> ModelRegistry.find(model));
    String recipeName = recipe != null ? recipe : data.isEmpty() ? "shapes" : "scratch";
    Recipe named = find(() -> Recipe.find(recipeName));
    InputSize size = InputSize.parse(inputSize, definition);
    checkNumbers();
    checkPrecision();
    if (out != null) {
      Outputs.requireNew(out);
    }
    try (Backend backend = Devices.open(device, console)) {
      if (init != null) {
        Weights.open(init).close();
      }
      Splits splits = splits(console);
      TrainConfig config = config(definition, named, size, splits);
      RunDirectory run =
          out == null
              ? RunDirectory.createNumbered(Path.of("runs"), config.name())
              : RunDirectory.create(out);
      run.writeConfig(config);
      return train(backend, config, definition, splits, run, console);
    }
  }

  private void checkNumbers() {
    require(iterations == null || epochs == null, "name either --epochs or --iterations");
    require(iterations == null || iterations > 0, "--iterations must be at least 1");
    require(epochs == null || epochs > 0, "--epochs must be at least 1");
    require(batchSize > 0, "--batch-size must be at least 1");
    require(accumulate > 0, "--accumulate must be at least 1");
    require(workers > 0, "--workers must be at least 1");
    require(learningRate == null || learningRate > 0, "--lr must be above 0");
    require(weightDecay == null || weightDecay >= 0, "--weight-decay must be at least 0");
    require(warmup == null || warmup >= 0, "--warmup must be at least 0");
    require(evalEvery == null || evalEvery >= 0, "--eval-every must be at least 0");
    require(saveEvery >= 0, "--save-every must be at least 0");
  }

  private void checkPrecision() {
    switch (precision) {
      case "fp32" -> {}
      case "tf32", "amp" ->
          throw UserError.of("--precision %s: needs a GPU; the CPU computes in fp32", precision);
      default -> throw UserError.of("--precision: was '%s', wanted fp32, tf32 or amp", precision);
    }
  }

  private List<Path> folders() {
    return data.isEmpty() ? List.of(SHAPES) : data;
  }

  private static void require(boolean condition, String message) {
    if (!condition) {
      throw UserError.of("%s", message);
    }
  }

  private static <T> T find(java.util.function.Supplier<T> lookup) {
    try {
      return lookup.get();
    } catch (IllegalArgumentException e) {
      throw UserError.of("%s", e.getMessage());
    }
  }

  private Splits splits(PrintWriter console) throws IOException {
    if (data.isEmpty() && !Files.isDirectory(SHAPES)) {
      console.println("data    generating the shapes data set in " + SHAPES);
      console.flush();
      new ShapesGenerator(SHAPES_SEED).write(SHAPES, SHAPES_COUNTS, SHAPES_SIZE);
    }
    return DataFolders.splits(folders(), layout, trainSplit, valSplit, seed);
  }

  private TrainConfig config(
      SsdDefinition definition, Recipe named, InputSize size, Splits splits) {
    long length = DEFAULT_ITERATIONS;
    if (iterations != null) {
      length = iterations;
    } else if (epochs != null) {
      length =
          Math.max(
              1,
              Math.ceilDiv((long) epochs * splits.train().size(), (long) batchSize * accumulate));
    }
    float scaledRate = named.learningRate() * batchSize * accumulate / named.referenceBatch();
    return new TrainConfig(
        definition.name(),
        named.name(),
        folders().stream().map(Path::toString).toList(),
        layout,
        trainSplit,
        valSplit,
        size.height(),
        size.width(),
        length,
        batchSize,
        accumulate,
        learningRate == null ? scaledRate : learningRate,
        weightDecay == null ? named.sgd().weightDecay() : weightDecay,
        warmup == null ? Math.min(named.warmupIterations(), length / 10) : warmup,
        evalEvery == null ? Math.ceilDiv(length, EVALUATIONS) : evalEvery,
        saveEvery,
        seed,
        workers,
        "cpu",
        name == null ? definition.name() + "-" + folders().getFirst().getFileName() : name);
  }

  private Integer train(
      Backend backend,
      TrainConfig config,
      SsdDefinition definition,
      Splits splits,
      RunDirectory run,
      PrintWriter console)
      throws IOException, InterruptedException {
    Ssd.Config shape =
        new Ssd.Config(
            definition, config.inputHeight(), config.inputWidth(), splits.train().classes());
    AtomicBoolean stop = new AtomicBoolean();
    CountDownLatch saved = new CountDownLatch(1);
    Thread onSignal = new Thread(() -> Interrupts.stopAndWait(stop, saved), "multibox-interrupt");
    Runtime.getRuntime().addShutdownHook(onSignal);
    try {
      Trainer.Outcome outcome;
      try (ConsoleProgress progress = new ConsoleProgress(config.iterations());
          Trainer trainer = new Trainer(backend, config, shape, splits, run, progress)) {
        if (init != null) {
          startFrom(init, trainer);
        }
        describe(console, config, trainer, splits);
        progress.start();
        outcome = trainer.run(stop::get);
      }
      if (outcome.interrupted()) {
        console.printf(
            "interrupted after %d of %d steps%n", outcome.iteration(), config.iterations());
      }
      MetricsTable.print(console, outcome.result());
      console.printf("%nweights  %s%n", run.checkpoint("last"));
      if (!outcome.result().isEmpty()) {
        console.printf("metrics  %s%n", run.metrics());
      }
      console.flush();
      return outcome.interrupted() ? ExitCode.INTERRUPTED : ExitCode.DONE;
    } finally {
      saved.countDown();
      Interrupts.remove(onSignal);
    }
  }

  private static void startFrom(Path weights, Trainer trainer) throws IOException {
    try (Checkpoint checkpoint = Weights.open(weights)) {
      trainer.startFrom(checkpoint);
    }
  }

  private void describe(PrintWriter console, TrainConfig config, Trainer trainer, Splits splits) {
    console.printf(
        Locale.ROOT,
        "model   %s, %dx%d, %d classes, %,d parameters, %,d priors; weights %s%n",
        config.model(),
        config.inputHeight(),
        config.inputWidth(),
        splits.train().classes(),
        trainer.ssd().state().parameterCount(),
        trainer.ssd().priors().count(),
        init == null ? "are random" : "from " + init);
    console.printf(
        Locale.ROOT,
        "data    %s: %d images, %d objects; %s%n",
        String.join(", ", config.data()),
        splits.train().size(),
        splits.train().objectCount(),
        splits.description());
    console.printf(
        Locale.ROOT,
        "run     %d steps of %d images%s, learning rate %s, recipe %s%n",
        config.iterations(),
        config.batchSize(),
        config.accumulate() > 1 ? " times " + config.accumulate() : "",
        config.learningRate(),
        config.recipe());
    console.flush();
  }
}
