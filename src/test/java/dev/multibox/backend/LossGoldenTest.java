package dev.multibox.backend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import dev.multibox.BackendSource;
import dev.multibox.Golden;
import dev.multibox.Tensors;
import dev.multibox.tensor.DType;
import dev.multibox.tensor.Shape;
import dev.multibox.tensor.Tensor;
import dev.multibox.tensor.TensorArena;
import java.util.ArrayList;
import java.util.List;

/** The losses against torchvision's and NVIDIA's answers. */
class LossGoldenTest {
  /** Sums of a few hundred float32 terms against float64. */
  private static final double RELATIVE = 1e-5;

  /** Losses and the gradients of heads of one level, one prior a cell. */
  @SuppressWarnings("ArrayRecordComponent")
  private record Result(float[] losses, float[] dLogits, float[] dOffsets) {}

  /** What a loss is computed of; offsets targets are those of {@code matched} boxes. */
  @SuppressWarnings("ArrayRecordComponent")
  private record Problem(
      int batch,
      int priors,
      int classes,
      float[] logits,
      float[] offsets,
      int[] classTargets,
      float[] offsetTargets) {}

  private static Result run(Backend backend, Tensors tensors, Problem problem, LossParams params) {
    int batch = problem.batch();
    int priors = problem.priors();
    List<HeadLayout> layouts = Heads.flat(priors, problem.classes());
    HeadOutputs heads = Heads.of(tensors, batch, layouts, problem.logits(), problem.offsets());
    Tensor classTargets = tensors.ints(Shape.of(batch, priors), problem.classTargets());
    Tensor offsetTargets = tensors.floats(Shape.of(batch, priors, 4), problem.offsetTargets());
    Tensor selected = tensors.allocate(Shape.of(batch, priors), DType.U8);
    Tensor weights = tensors.poisoned(Shape.of(batch));
    Tensor losses = tensors.poisoned(Shape.of(3));
    Tensor priorLosses = tensors.poisoned(Shape.of(batch, priors));
    backend
        .loss()
        .multibox(
            heads, classTargets, offsetTargets, params, priorLosses, selected, weights, losses);
    List<Tensor> gradients = new ArrayList<>();
    heads.levels().forEach(level -> gradients.add(tensors.poisoned(level.shape())));
    backend
        .loss()
        .multiboxBackward(
            heads,
            classTargets,
            offsetTargets,
            params,
            selected,
            weights,
            tensors.floats(Shape.of(1), 1),
            gradients.stream().map(Gradient::overwrite).toList());
    return new Result(
        backend.floats(losses),
        Heads.logits(backend, gradients, layouts),
        Heads.offsets(backend, gradients, layouts));
  }

  @BackendSource
  void multiboxIsTorchvisions(Backend backend) {
    Golden golden = Golden.open("04_multibox_loss.safetensors");
    int ran = 0;
    try (TensorArena arena = backend.newArena()) {
      Tensors tensors = new Tensors(backend, arena);
      for (JsonNode node : golden.metadata("cases")) {
        String name = node.path("name").asText();
        Result result =
            run(
                backend,
                tensors,
                torchvisionProblem(backend, tensors, golden, name),
                LossParams.torchvision());
        assertRelative(
            result.losses()[LossKernels.CLASSIFICATION], golden.doubles(name + ".loss_cls_f64"));
        assertRelative(
            result.losses()[LossKernels.LOCALISATION], golden.doubles(name + ".loss_bbox_f64"));
        Tensors.assertClose(result.dLogits(), golden.floats(name + ".grad_cls_logits"), RELATIVE);
        Tensors.assertClose(
            result.dOffsets(), golden.floats(name + ".grad_bbox_regression"), RELATIVE);
        ran++;
      }
    }
    assertThat(ran).isPositive();
  }

  private static void assertRelative(float actual, double[] expected) {
    assertThat((double) actual).isCloseTo(expected[0], within(RELATIVE * expected[0]));
  }

  private static Problem torchvisionProblem(
      Backend backend, Tensors tensors, Golden golden, String name) {
    Shape shape = golden.shape(name + ".cls_logits");
    int batch = shape.intDim(0);
    int priors = shape.intDim(1);
    int[] classTargets = new int[batch * priors];
    float[] offsetTargets = new float[batch * priors * 4];
    Priors anchors = PriorTensors.ofCorners(tensors, golden.floats(name + ".anchors"));
    for (int n = 0; n < batch; n++) {
      int[] matched = golden.ints(name + ".img" + n + ".matched_idxs");
      int[] labels = golden.ints(name + ".img" + n + ".labels");
      float[] boxes = golden.floats(name + ".img" + n + ".boxes");
      float[] each = backend.floats(anchors.corners());
      for (int p = 0; p < priors; p++) {
        if (matched[p] >= 0) {
          classTargets[n * priors + p] = labels[matched[p]];
          System.arraycopy(boxes, 4 * matched[p], each, 4 * p, 4);
        }
      }
      encode(backend, tensors, anchors, each, offsetTargets, n);
    }
    return new Problem(
        batch,
        priors,
        shape.intDim(2),
        golden.floats(name + ".cls_logits"),
        golden.floats(name + ".bbox_regression"),
        classTargets,
        offsetTargets);
  }

  private static void encode(
      Backend backend, Tensors tensors, Priors priors, float[] boxes, float[] targets, int n) {
    Tensor encoded = tensors.poisoned(Shape.of(priors.count(), 4));
    backend
        .box()
        .encode(
            tensors.floats(Shape.of(priors.count(), 4), boxes), priors, BoxCoding.ssd(), encoded);
    System.arraycopy(
        backend.floats(encoded), 0, targets, n * priors.count() * 4, priors.count() * 4);
  }

  @BackendSource
  void multiboxIsNvidias(Backend backend) {
    Golden golden = Golden.open("04_multibox_loss.safetensors");
    int ran = 0;
    try (TensorArena arena = backend.newArena()) {
      Tensors tensors = new Tensors(backend, arena);
      for (String tensor : golden.names()) {
        if (tensor.endsWith(".ploc")) {
          String prefix = tensor.replace(".ploc", "");
          checkNvidia(backend, tensors, golden, prefix);
          ran++;
        }
      }
    }
    assertThat(ran).isPositive();
  }

  private static void checkNvidia(Backend backend, Tensors tensors, Golden golden, String prefix) {
    Shape logits = golden.shape(prefix + ".pconf");
    int batch = logits.intDim(0);
    int priors = logits.intDim(2);
    Priors defaults = PriorTensors.ofCentres(tensors, golden.floats(prefix + ".dboxes_cxcywh"));
    float[] boxes = PriorTensors.corners(lastAxisFirst(golden, prefix + ".gloc_cxcywh"));
    float[] offsetTargets = new float[batch * priors * 4];
    for (int n = 0; n < batch; n++) {
      float[] each = java.util.Arrays.copyOfRange(boxes, n * priors * 4, (n + 1) * priors * 4);
      encode(backend, tensors, defaults, each, offsetTargets, n);
    }
    Problem problem =
        new Problem(
            batch,
            priors,
            logits.intDim(1),
            lastAxisFirst(golden, prefix + ".pconf"),
            lastAxisFirst(golden, prefix + ".ploc"),
            golden.ints(prefix + ".glabel"),
            offsetTargets);
    Result result = run(backend, tensors, problem, LossParams.nvidia());
    float expected = golden.floats(prefix + ".loss")[0];
    assertThat((double) result.losses()[LossKernels.TOTAL])
        .isCloseTo(expected, within(RELATIVE * expected));
    Tensors.assertClose(result.dLogits(), lastAxisFirst(golden, prefix + ".grad_pconf"), RELATIVE);
    Tensors.assertClose(result.dOffsets(), lastAxisFirst(golden, prefix + ".grad_ploc"), RELATIVE);
  }

  /** {@code [N, C, P]} as {@code [N, P, C]}. */
  private static float[] lastAxisFirst(Golden golden, String name) {
    Shape shape = golden.shape(name);
    return Tensors.nchwToNhwc(
        golden.floats(name), Shape.of(shape.dim(0), shape.dim(1), 1, shape.dim(2)));
  }

  @BackendSource
  void rowLossesArePyTorchs(Backend backend) {
    Golden golden = Golden.open("06_layers.safetensors");
    int ran = 0;
    try (TensorArena arena = backend.newArena()) {
      Tensors tensors = new Tensors(backend, arena);
      for (JsonNode node : golden.metadata("cases")) {
        String name = node.path("name").asText();
        switch (node.path("kind").asText()) {
          case "cross_entropy" -> {
            checkCrossEntropy(backend, tensors, golden, name);
            ran++;
          }
          case "smooth_l1" -> {
            float beta = (float) node.path("beta").asDouble();
            checkSmoothL1(backend, tensors, golden, name, beta);
            ran++;
          }
          default -> {}
        }
      }
    }
    assertThat(ran).isPositive();
  }

  private static void checkCrossEntropy(
      Backend backend, Tensors tensors, Golden golden, String name) {
    Shape shape = golden.shape(name + ".x");
    Shape rows = Shape.of(shape.dim(0));
    Tensor x = tensors.floats(shape, golden.floats(name + ".x"));
    Tensor target = tensors.ints(rows, golden.ints(name + ".target"));
    Tensor out = tensors.poisoned(rows);
    backend.loss().crossEntropy(x, target, out);
    Tensors.assertClose(backend.floats(out), golden.floats(name + ".y"), RELATIVE);
    Tensor dx = tensors.poisoned(shape);
    Tensor dOut = tensors.floats(rows, golden.floats(name + ".dy"));
    backend.loss().crossEntropyBackward(x, target, dOut, Gradient.overwrite(dx));
    Tensors.assertClose(backend.floats(dx), golden.floats(name + ".dx"), RELATIVE);
    if (golden.has(name + ".softmax")) {
      backend.loss().softmax(x, dx);
      Tensors.assertClose(backend.floats(dx), golden.floats(name + ".softmax"), RELATIVE);
    }
  }

  private static void checkSmoothL1(
      Backend backend, Tensors tensors, Golden golden, String name, float beta) {
    Shape shape = golden.shape(name + ".x");
    Tensor x = tensors.floats(shape, golden.floats(name + ".x"));
    Tensor target = tensors.floats(shape, golden.floats(name + ".target"));
    Tensor out = tensors.poisoned(shape);
    backend.loss().smoothL1(x, target, beta, out);
    Tensors.assertClose(backend.floats(out), golden.floats(name + ".y"), RELATIVE);
    Tensor dOut = tensors.floats(shape, golden.floats(name + ".dy"));
    backend.loss().smoothL1Backward(x, target, beta, dOut, Gradient.overwrite(out));
    Tensors.assertClose(backend.floats(out), golden.floats(name + ".dx"), RELATIVE);
  }
}
