package dev.multibox.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import dev.multibox.Golden;
import dev.multibox.Tensors;
import dev.multibox.autograd.HeadVariables;
import dev.multibox.autograd.LossOps;
import dev.multibox.autograd.PooledMemory;
import dev.multibox.autograd.StepMemory;
import dev.multibox.autograd.Tape;
import dev.multibox.autograd.Variable;
import dev.multibox.backend.Backend;
import dev.multibox.backend.LossKernels;
import dev.multibox.backend.Normalisation;
import dev.multibox.backend.SgdParams.MomentumForm;
import dev.multibox.backend.cpu.CpuBackend;
import dev.multibox.box.PriorOrder;
import dev.multibox.nn.Buffer;
import dev.multibox.optim.Sgd;
import dev.multibox.tensor.DType;
import dev.multibox.tensor.Shape;
import dev.multibox.tensor.Tensor;
import dev.multibox.tensor.TensorArena;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * Whole networks against torchvision's and NVIDIA's, with weights and images that follow from a
 * formula: head outputs, feature maps, detections, and three steps of training.
 */
class FormulaGoldenTest {
  /** Of a tensor's largest value: float32 through some thirty layers. */
  private static final double LOGITS = 1e-4;

  /** Of a sum of magnitudes, and of a sum of squares. */
  private static final double SUMS = 1e-4;

  private static final float SCORE = 1e-4f;
  private static final float PIXELS = 2e-2f;

  /** Training is compared within ten times what float32 itself strays, or this. */
  private static final double LEAST_TRAINING = 1e-5;

  /** A gradient that is zero in theory, of the largest of all: rounding alone. */
  private static final double ZERO_GRADIENT = 1e-6;

  @TestFactory
  Stream<DynamicTest> wholeNetworks() throws IOException {
    List<DynamicTest> tests = new ArrayList<>();
    try (DirectoryStream<Path> files =
        Files.newDirectoryStream(Golden.folder(), "07_formula_*.safetensors")) {
      for (Path file : files) {
        String name = file.getFileName().toString();
        tests.add(DynamicTest.dynamicTest(name, () -> check(Golden.open(name))));
      }
    }
    assertThat(tests).isNotEmpty();
    return tests.stream();
  }

  private static void check(Golden golden) {
    try (Backend backend = CpuBackend.open();
        TensorArena arena = backend.newArena()) {
      new Case(golden, backend, arena).run();
    }
  }

  /** One file's network. */
  private static final class Case {
    private final Golden golden;
    private final Backend backend;
    private final TensorArena arena;
    private final Tensors tensors;
    private final Formula formula;
    private final TorchModel torch;
    private final Ssd ssd;
    private final int side;
    private final FormulaWeights weights;
    private final StepMemory memory;

    Case(Golden golden, Backend backend, TensorArena arena) {
      this.golden = golden;
      this.backend = backend;
      this.arena = arena;
      tensors = new Tensors(backend, arena);
      formula = new Formula(golden);
      torch = TorchModel.of(golden);
      int classes = golden.metadata("num_classes").asInt();
      ssd = new Ssd(backend, Ssd.Config.of(torch.definition(), classes), arena);
      side = torch.definition().inputHeight();
      weights = FormulaWeights.load(backend, golden, formula, torch, ssd);
      memory = new PooledMemory(arena);
    }

    void run() {
      int batch = golden.metadata("batch").asInt();
      float[] images = images("input", batch);
      checkForward(batch, images);
      checkDetections(batch, images);
      train(batch, images);
    }

    /** {@code [N, H, W, 3]} as the first convolution takes them. */
    private float[] images(String name, int batch) {
      Shape nchw = Shape.of(batch, 3, side, side);
      float[] values = formula.image(name, batch, side);
      if (golden.text("input").startsWith("u*4-2")) {
        for (int i = 0; i < values.length; i++) {
          values[i] = values[i] * 4 - 2;
        }
        return Tensors.nchwToNhwc(values, nchw);
      }
      Normalisation norm = torch.definition().normalisation();
      float[] means = {norm.meanRed(), norm.meanGreen(), norm.meanBlue()};
      float[] scales = {norm.scaleRed(), norm.scaleGreen(), norm.scaleBlue()};
      float[] nhwc = Tensors.nchwToNhwc(values, nchw);
      for (int i = 0; i < nhwc.length; i++) {
        nhwc[i] = (255 * nhwc[i] - means[i % 3]) * scales[i % 3];
      }
      return nhwc;
    }

    private void checkForward(int batch, float[] images) {
      try (Tape tape = new Tape(backend, memory, Tape.Mode.INFERENCE)) {
        Variable image = Variable.constant(tensors.floats(ssd.imageShape(batch), images));
        List<Variable> maps = ssd.network().features(tape, image);
        for (int level = 0; golden.has("feature" + level + ".sum"); level++) {
          checkSums("feature" + level, backend.floats(maps.get(level).value()));
        }
        FlatHeads heads = FlatHeads.of(backend, ssd.network().heads(tape, maps).values());
        checkHeads(torch.shapeMajor() ? "conf" : "cls_logits", heads.logits(), batch);
        checkHeads(torch.shapeMajor() ? "loc" : "bbox_regression", heads.offsets(), batch);
      }
    }

    private void checkSums(String name, float[] values) {
      double sum = 0;
      double magnitudes = 0;
      double squares = 0;
      for (double value : values) {
        sum += value;
        magnitudes += Math.abs(value);
        squares += value * value;
      }
      double expected = golden.doubles(name + ".abs_sum")[0];
      assertThat(magnitudes).describedAs(name).isCloseTo(expected, within(SUMS * expected));
      assertThat(sum)
          .describedAs(name)
          .isCloseTo(golden.doubles(name + ".sum")[0], within(SUMS * expected));
      double expectedSquares = golden.doubles(name + ".sq_sum")[0];
      assertThat(squares)
          .describedAs(name)
          .isCloseTo(expectedSquares, within(SUMS * expectedSquares));
    }

    /** {@code [N, P, columns]} of ours against sums over all and every n-th prior of image 0. */
    private void checkHeads(String name, float[] ours, int batch) {
      checkSums(name, ours);
      int priors = ssd.priors().count();
      int columns = ours.length / batch / priors;
      int[] order = order();
      String stored = storedEvery(name);
      int every = Integer.parseInt(stored.substring(stored.indexOf("every") + 5));
      float[] expected = golden.floats(stored);
      int rows = expected.length / columns;
      assertThat(rows).isEqualTo(Math.ceilDiv(priors, every));
      float[] actual = new float[expected.length];
      for (int row = 0; row < rows; row++) {
        for (int column = 0; column < columns; column++) {
          int at = torch.shapeMajor() ? column * rows + row : row * columns + column;
          actual[at] = ours[order[row * every] * columns + column];
        }
      }
      Tensors.assertClose(actual, expected, LOGITS);
    }

    private String storedEvery(String name) {
      for (String tensor : golden.names()) {
        if (tensor.startsWith(name + ".img0_every")) {
          return tensor;
        }
      }
      throw new IllegalArgumentException("no part of " + name);
    }

    /** Our index of each of their priors. */
    private int[] order() {
      if (torch.shapeMajor()) {
        return PriorOrder.shapeMajor(ssd.config().definition().priors(), ssd.network().maps());
      }
      int[] same = new int[ssd.priors().count()];
      Arrays.setAll(same, i -> i);
      return same;
    }

    private void checkDetections(int batch, float[] images) {
      Detector detector =
          new Detector(backend, ssd, torch.definition().nms(), batch, memory, arena);
      backend.upload(images, detector.images(batch));
      List<List<Detection>> found = detector.detect(batch);
      for (int n = 0; n < batch; n++) {
        // NVIDIA's come worst first, in parts of the image; torchvision's in pixels.
        List<Detection> ours = torch.shapeMajor() ? found.get(n).reversed() : found.get(n);
        float scale = torch.shapeMajor() ? 1 : side;
        checkDetections("det" + n, ours, scale);
      }
    }

    private void checkDetections(String name, List<Detection> ours, float scale) {
      int[] labels = golden.ints(name + ".labels");
      float[] scores = golden.floats(name + ".scores");
      float[] boxes = golden.floats(name + ".boxes");
      assertThat(ours.stream().mapToInt(Detection::label).toArray())
          .describedAs(name)
          .isNotEmpty()
          .isEqualTo(labels);
      for (int i = 0; i < labels.length; i++) {
        Detection detection = ours.get(i);
        assertThat(detection.score()).isCloseTo(scores[i], within(SCORE));
        float[] box = {detection.xmin(), detection.ymin(), detection.xmax(), detection.ymax()};
        for (int j = 0; j < 4; j++) {
          assertThat(box[j] * scale)
              .describedAs("%s, box %d", name, i)
              .isCloseTo(boxes[4 * i + j], within(PIXELS * scale / side));
        }
      }
    }

    private void train(int batch, float[] images) {
      Matcher batchText = Pattern.compile("(\\d+) images, .*").matcher(golden.text("train_input"));
      boolean own = batchText.matches();
      int size = own ? Integer.parseInt(batchText.group(1)) : batch;
      new Training(this, size, own ? images("train_input", size) : images).run();
    }
  }

  /** Some steps on the same batch. */
  private static final class Training {
    private static final Pattern SETTINGS =
        Pattern.compile(
            "(\\d+) SGD steps lr (\\S+) momentum (\\S+) weight_decay (\\S+) \\(all"
                + " parameters\\).*");

    private final Case network;
    private final Golden golden;
    private final Backend backend;
    private final Ssd ssd;
    private final JsonNode strays;
    private final Tensor images;
    private final Tensor classTargets;
    private final Tensor offsetTargets;
    private final Tensor losses;

    Training(Case network, int batch, float[] images) {
      this.network = network;
      golden = network.golden;
      backend = network.backend;
      ssd = network.ssd;
      strays = golden.metadata("training_f32_vs_f64");
      int priors = ssd.priors().count();
      this.images = network.tensors.floats(ssd.imageShape(batch), images);
      classTargets = network.arena.zeros(Shape.of(batch, priors), DType.I32);
      offsetTargets = network.arena.zeros(Shape.of(batch, priors, 4), DType.F32);
      losses = network.arena.zeros(Shape.of(3), DType.F32);
      match(batch);
    }

    private void match(int batch) {
      List<GoldenTargets.Image> truth = GoldenTargets.of(golden);
      int most = truth.stream().mapToInt(image -> image.labels().length).max().orElse(0);
      float[] boxes = new float[batch * most * 4];
      int[] labels = new int[batch * most];
      int[] counts = new int[batch];
      for (int n = 0; n < batch; n++) {
        GoldenTargets.Image image = truth.get(n % truth.size());
        counts[n] = image.labels().length;
        System.arraycopy(image.labels(), 0, labels, n * most, counts[n]);
        for (int i = 0; i < 4 * counts[n]; i++) {
          boxes[n * most * 4 + i] = image.boxes()[i] / network.side;
        }
      }
      Tensors tensors = network.tensors;
      backend
          .box()
          .match(
              ssd.priors(),
              tensors.floats(Shape.of(batch, most, 4), boxes),
              tensors.ints(Shape.of(batch, most), labels),
              tensors.ints(Shape.of(batch), counts),
              network.torch.match(),
              ssd.config().definition().coding(),
              tensors.allocate(classTargets.shape(), DType.I32),
              classTargets,
              offsetTargets);
    }

    void run() {
      Matcher settings = SETTINGS.matcher(golden.text("training"));
      assertThat(settings.matches()).describedAs(golden.text("training")).isTrue();
      Sgd.Settings sgd =
          new Sgd.Settings(
              Float.parseFloat(settings.group(3)),
              Float.parseFloat(settings.group(4)),
              MomentumForm.RATE_OUTSIDE,
              Sgd.Decay.ALL,
              1);
      Sgd optimizer = new Sgd(backend, ssd.state(), sgd, network.arena);
      int steps = Integer.parseInt(settings.group(1));
      for (int step = 0; step < steps; step++) {
        step(optimizer, Float.parseFloat(settings.group(2)), step);
      }
      for (TorchTensor tensor : network.weights.tensors()) {
        float[] values = ssd.state().read(tensor.ours(), tensor.ours().value());
        checkNorm("param_norm_after." + tensor.name(), tensor.norm(values), "param_norm_after");
      }
      network.weights.buffers().forEach(this::checkBuffer);
    }

    private void step(Sgd optimizer, float rate, int step) {
      ssd.state().resetGradients();
      try (Tape tape = new Tape(backend, network.memory, Tape.Mode.TRAINING)) {
        HeadVariables heads = ssd.forward(tape, Variable.constant(images));
        Variable loss =
            LossOps.multiboxLoss(
                tape, heads, classTargets, offsetTargets, network.torch.loss(), losses);
        tape.backward(loss, network.tensors.floats(Shape.of(1), 1));
        checkLosses(step);
        if (step == 0) {
          checkGradients();
        }
        Tensor foundInf = optimizer.checkFinite();
        optimizer.step(rate, step);
        tape.updateRunningStatistics(foundInf);
      }
    }

    private void checkLosses(int step) {
      float[] ours = backend.floats(losses);
      double[] expected = golden.doubles("losses_f64");
      String columns = golden.text("losses_columns");
      int[] terms =
          columns.equals("bbox_regression, classification")
              ? new int[] {LossKernels.LOCALISATION, LossKernels.CLASSIFICATION}
              : new int[] {LossKernels.TOTAL};
      for (int term = 0; term < terms.length; term++) {
        double wanted = expected[step * terms.length + term];
        assertThat((double) ours[terms[term]])
            .describedAs("%s in step %d", columns, step)
            .isCloseTo(wanted, within(tolerance("losses") * wanted));
      }
    }

    private void checkGradients() {
      double zero = ZERO_GRADIENT * largestGradient();
      for (TorchTensor tensor : network.weights.tensors()) {
        String name = "grad_norm_f64." + tensor.name();
        float[] values =
            ssd.state().read(tensor.ours(), tensor.ours().variable().gradient().tensor());
        if (golden.doubles(name)[0] < 1e-3 * zero) {
          // A shift that the norm behind the next convolution takes away again.
          assertThat(tensor.norm(values)).describedAs(name).isLessThan(zero);
        } else {
          checkNorm(name, tensor.norm(values), "grad_norm");
        }
      }
    }

    private double largestGradient() {
      double largest = 0;
      for (TorchTensor tensor : network.weights.tensors()) {
        largest = Math.max(largest, golden.doubles("grad_norm_f64." + tensor.name())[0]);
      }
      return largest;
    }

    /** They average activations, which stray as the losses behind them do. */
    private void checkBuffer(String name, Buffer buffer) {
      double squares = 0;
      for (double value : backend.floats(buffer.value())) {
        squares += value * value;
      }
      checkNorm("buffer_norm_after." + name, Math.sqrt(squares), "losses");
    }

    private void checkNorm(String name, double norm, String kind) {
      double wanted = golden.doubles(name)[0];
      assertThat(norm).describedAs(name).isCloseTo(wanted, within(tolerance(kind) * wanted));
    }

    private double tolerance(String kind) {
      return Math.max(LEAST_TRAINING, 10 * strays.path(kind + "_max_rel").asDouble());
    }
  }
}
