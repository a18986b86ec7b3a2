package dev.multibox.cli;

import dev.multibox.autograd.StepPlan;
import dev.multibox.backend.Backend;
import dev.multibox.model.FlatHeads;
import dev.multibox.model.InferenceStep;
import dev.multibox.model.Ssd;
import dev.multibox.model.SsdDefinition;
import dev.multibox.tensor.Shape;
import dev.multibox.tensor.Tensor;
import dev.multibox.tensor.TensorArena;
import dev.multibox.weights.ModelWeights;
import dev.multibox.weights.SafetensorsFile;
import dev.multibox.weights.SafetensorsWriter;
import dev.multibox.weights.StoredTensor;
import dev.multibox.weights.StoredType;
import dev.multibox.weights.WeightFile;
import java.io.IOException;
import java.io.PrintWriter;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code multibox forward}: what a network computes, for comparing with other programs. */
@Command(
    name = "forward",
    header = "Run a network on tensors, and write what its heads give.",
    description = {
      "The input holds 'image', [N, H, W, 3] in F32, as the first convolution sees it: after"
          + " normalisation, in the model's order of channels. The output holds 'class_logits'"
          + " [N, P, K] and 'box_offsets' [N, P, 4] of all priors, ordered by level, row, column and"
          + " shape, with background as class 0.",
      "",
      "The network is built for the image's size and for as many classes as the weights have."
    },
    sortOptions = false,
    footer = {
      "",
      "Examples:",
      "  multibox forward --weights best.safetensors --input x.safetensors --output y.safetensors",
      "  multibox forward --model ssd300-vgg16 --weights vgg.safetensors --input x.safetensors \\",
      "      --output y.safetensors --priors"
    })
final class ForwardCommand implements Callable<Integer> {
  private static final String IMAGE = "image";

  private static final int CHANNELS = 3;

  /** Images of one pass, so that memory does not grow with the input. */
  private static final int MOST_IMAGES = 8;

  @Spec private CommandSpec spec;

  @Option(
      names = "--model",
      description = "The model, of weights that do not say of which they are.")
  private @Nullable String model;

  @Option(
      names = "--weights",
      required = true,
      paramLabel = "F",
      description = "A checkpoint, or weights that convert wrote.")
  private Path weights;

  @Option(
      names = "--input",
      required = true,
      paramLabel = "X",
      description = "The images, in a safetensors file.")
  private Path input;

  @Option(
      names = "--output",
      required = true,
      paramLabel = "Y",
      description = "The safetensors file to write.")
  private Path output;

  @Option(
      names = "--priors",
      description = "Write 'prior_boxes' [P, 4] as well: cx cy w h, 0 to 1 of the image.")
  private boolean priors;

  @Option(
      names = "--device",
      paramLabel = "auto|cpu|cuda[:N]",
      description = "Where to compute (${DEFAULT-VALUE}).")
  private String device = "auto";

  @Override
  public Integer call() throws IOException {
    Outputs.requireWritable(output);
    try (WeightFile file = open(() -> WeightFile.open(weights));
        SafetensorsFile images = open(() -> SafetensorsFile.open(input));
        Backend backend = Devices.open(device, spec.commandLine().getErr());
        TensorArena arena = backend.newArena()) {
      StoredTensor image = image(images);
      Ssd ssd = load(file, image.shape(), backend, arena);
      Map<String, StoredTensor> tensors = run(ssd, image, backend, arena);
      SafetensorsWriter.write(output, Map.of("model", ssd.config().definition().name()), tensors);
      PrintWriter out = spec.commandLine().getOut();
      tensors.forEach((name, tensor) -> out.printf("%-13s %s%n", name, tensor));
      out.flush();
      return ExitCode.DONE;
    }
  }

  /** Opens a file of the user's. */
  @FunctionalInterface
  private interface Opening<T> {
    T open() throws IOException;
  }

  private static <T> T open(Opening<T> opening) {
    try {
      return opening.open();
    } catch (IOException e) {
      throw UserError.caused(e);
    }
  }

  private StoredTensor image(SafetensorsFile file) {
    StoredTensor image = open(() -> file.tensor(IMAGE));
    Shape shape = image.shape();
    if (image.type() != StoredType.F32
        || shape.rank() != 4
        || shape.dim(3) != CHANNELS
        || shape.size() == 0) {
      throw UserError.of(
          "%s: %s is %s, wanted [N, H, W, 3] F32; write it channels last", input, IMAGE, image);
    }
    return image;
  }

  private Ssd load(WeightFile file, Shape image, Backend backend, TensorArena arena) {
    SsdDefinition definition = Weights.definition(file, model);
    int classes = open(() -> ModelWeights.classes(file, definition));
    Ssd.Config config = new Ssd.Config(definition, image.intDim(1), image.intDim(2), classes);
    Ssd ssd = RunPlan.known(() -> Ssd.forInference(backend, config, arena));
    return open(() -> {
      ModelWeights.load(file, definition.name(), ssd.state());
      return ssd;
    });
  }

  private Map<String, StoredTensor> run(
      Ssd ssd, StoredTensor image, Backend backend, TensorArena arena) {
    int batch = image.shape().intDim(0);
    Shape logitShape = Shape.of(batch, ssd.priors().count(), ssd.config().classes());
    Shape offsetShape = Shape.of(batch, ssd.priors().count(), 4);
    float[] logits = new float[Math.toIntExact(logitShape.size())];
    float[] offsets = new float[Math.toIntExact(offsetShape.size())];
    int most = Math.min(MOST_IMAGES, batch);
    StepPlan plan =
        StepPlan.of(
            backend,
            (dry, memory, twins) ->
                FlatHeads.of(
                    dry,
                    new InferenceStep(dry, ssd.on(dry, twins), most, memory, twins).run(most)));
    InferenceStep step =
        new InferenceStep(backend, ssd, most, plan.allocate(backend, arena), arena);
    for (int first = 0; first < batch; first += most) {
      int images = Math.min(most, batch - first);
      Tensor x = step.images(images);
      backend.upload(padded(image, first, x.shape()), x);
      FlatHeads flat = FlatHeads.of(backend, step.run(images));
      copy(flat.logits(), logits, first * (logits.length / batch));
      copy(flat.offsets(), offsets, first * (offsets.length / batch));
    }
    Map<String, StoredTensor> tensors = new LinkedHashMap<>();
    tensors.put("class_logits", StoredTensor.of(logitShape, logits));
    tensors.put("box_offsets", StoredTensor.of(offsetShape, offsets));
    if (priors) {
      float[] centres = ssd.network().priors().centres();
      tensors.put("prior_boxes", StoredTensor.of(ssd.priors().centres().shape(), centres));
    }
    return tensors;
  }

  private static void copy(float[] part, float[] whole, int at) {
    System.arraycopy(part, 0, whole, at, part.length);
  }

  /** Images from {@code first} on, with zeros behind the channels of each pixel. */
  private static float[] padded(StoredTensor image, int first, Shape shape) {
    int channels = shape.intDim(3);
    float[] values = new float[Math.toIntExact(shape.size())];
    long from = first * image.shape().size() / image.shape().dim(0);
    for (int pixel = 0; pixel < shape.rows(); pixel++) {
      for (int c = 0; c < CHANNELS; c++) {
        values[pixel * channels + c] =
            image
                .data()
                .getAtIndex(ValueLayout.JAVA_FLOAT_UNALIGNED, from + (long) pixel * CHANNELS + c);
      }
    }
    return values;
  }
}
