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

/** Coding and matching against torchvision's and NVIDIA's answers. */
class BoxGoldenTest {
  /**
   * Float32 against float32 with the operations in another order; boxes reach about 1000 pixels.
   */
  private static final double CODING = 1e-5;

  private static final double PIXELS = 1e-4;

  /** One rounding in each of four operations on numbers of [0, 1]. */
  private static final double IOU = 1e-6;

  @BackendSource
  void codesAsTorchvision(Backend backend) {
    Golden golden = Golden.open("02_box_coder.safetensors");
    int ran = 0;
    try (TensorArena arena = backend.newArena()) {
      Tensors tensors = new Tensors(backend, arena);
      for (String name : golden.names()) {
        if (name.endsWith(".weights")) {
          checkCoding(backend, tensors, golden, name.replace(".weights", ""));
          ran++;
        }
      }
    }
    assertThat(ran).isPositive();
  }

  private static void checkCoding(Backend backend, Tensors tensors, Golden golden, String prefix) {
    float[] weights = golden.floats(prefix + ".weights");
    BoxCoding coding =
        new BoxCoding(
            weights[0], weights[1], weights[2], weights[3], (float) Math.log(1000.0 / 16));
    Priors priors = PriorTensors.ofCorners(tensors, golden.floats(prefix + ".priors"));
    Shape shape = Shape.of(priors.count(), 4);
    Shape batch = Shape.of(1, priors.count(), 4);

    Tensor offsets = tensors.poisoned(shape);
    backend
        .box()
        .encode(tensors.floats(shape, golden.floats(prefix + ".gt")), priors, coding, offsets);
    Tensors.assertClose(backend.floats(offsets), golden.floats(prefix + ".encoded"), CODING);

    Tensor boxes = tensors.poisoned(batch);
    backend
        .box()
        .decode(tensors.floats(batch, golden.floats(prefix + ".codes")), priors, coding, boxes);
    assertPixels(backend.floats(boxes), golden.floats(prefix + ".decoded"));

    backend.box().decode(offsets.reshape(batch), priors, coding, boxes);
    assertPixels(backend.floats(boxes), golden.floats(prefix + ".roundtrip"));
  }

  private static void assertPixels(float[] actual, float[] expected) {
    assertThat(actual).hasSameSizeAs(expected);
    for (int i = 0; i < expected.length; i++) {
      assertThat((double) actual[i])
          .describedAs("coordinate %d", i)
          .isCloseTo(expected[i], within(PIXELS + CODING * Math.abs(expected[i])));
    }
  }

  @BackendSource
  void matchesAsTorchvision(Backend backend) {
    Golden golden = Golden.open("03_matching.safetensors");
    int ran = 0;
    try (TensorArena arena = backend.newArena()) {
      Tensors tensors = new Tensors(backend, arena);
      for (JsonNode node : golden.metadata("cases")) {
        String name = node.path("name").asText();
        Priors priors =
            PriorTensors.ofCorners(tensors, golden.floats(node.path("priors").asText()));
        float[] boxes = golden.floats(name + ".gt");
        assertThat(match(backend, tensors, priors, boxes, MatchParams.torchvision()).matched())
            .describedAs(name)
            .isEqualTo(golden.ints(name + ".matched_idxs"));
        checkIou(backend, tensors, golden, name, priors);
        ran++;
      }
    }
    assertThat(ran).isPositive();
  }

  private static void checkIou(
      Backend backend, Tensors tensors, Golden golden, String name, Priors priors) {
    float[] boxes = golden.floats(name + ".gt");
    int count = boxes.length / 4;
    if (count == 0) {
      return;
    }
    Tensor out = tensors.poisoned(Shape.of(count, priors.count()));
    backend.box().iou(tensors.floats(Shape.of(count, 4), boxes), priors.corners(), out);
    float[] iou = backend.floats(out);
    float[] best = new float[count];
    int[] bestPrior = new int[count];
    float[] bestOfPrior = new float[priors.count()];
    for (int i = 0; i < iou.length; i++) {
      int g = i / priors.count();
      int p = i % priors.count();
      if (iou[i] > best[g]) {
        best[g] = iou[i];
        bestPrior[g] = p;
      }
      bestOfPrior[p] = Math.max(bestOfPrior[p], iou[i]);
    }
    assertThat(best).containsExactly(golden.floats(name + ".best_iou_per_gt"), within((float) IOU));
    assertThat(bestPrior).isEqualTo(golden.ints(name + ".best_prior_per_gt"));
    if (golden.has(name + ".iou")) {
      assertThat(iou).containsExactly(golden.floats(name + ".iou"), within((float) IOU));
    }
    if (golden.has(name + ".best_iou_per_prior")) {
      assertThat(bestOfPrior)
          .containsExactly(golden.floats(name + ".best_iou_per_prior"), within((float) IOU));
    }
  }

  @SuppressWarnings("ArrayRecordComponent")
  private record Matches(int[] matched, int[] classes) {}

  private static Matches match(
      Backend backend, Tensors tensors, Priors priors, float[] boxes, MatchParams params) {
    int[] labels = new int[boxes.length / 4];
    java.util.Arrays.fill(labels, 1);
    return match(backend, tensors, priors, boxes, labels, params);
  }

  private static Matches match(
      Backend backend,
      Tensors tensors,
      Priors priors,
      float[] boxes,
      int[] labels,
      MatchParams params) {
    int count = labels.length;
    Tensor matched = tensors.allocate(Shape.of(1, priors.count()), DType.I32);
    Tensor classes = tensors.allocate(Shape.of(1, priors.count()), DType.I32);
    backend
        .box()
        .match(
            priors,
            tensors.floats(Shape.of(1, count, 4), boxes),
            tensors.ints(Shape.of(1, count), labels),
            tensors.ints(Shape.of(1), count),
            params,
            BoxCoding.ssd(),
            matched,
            classes,
            tensors.allocate(Shape.of(1, priors.count(), 4), DType.F32));
    return new Matches(backend.ints(matched), backend.ints(classes));
  }

  @BackendSource
  void matchesAsNvidia(Backend backend) {
    Golden golden = Golden.open("03_matching.safetensors");
    int ran = 0;
    try (TensorArena arena = backend.newArena()) {
      Tensors tensors = new Tensors(backend, arena);
      Priors priors = PriorTensors.ofCentres(tensors, golden.floats("nv.dboxes_cxcywh"));
      for (String name : golden.names()) {
        if (name.endsWith(".out_labels")) {
          checkNvidia(backend, tensors, golden, name.replace(".out_labels", ""), priors);
          ran++;
        }
      }
    }
    assertThat(ran).isPositive();
  }

  private static void checkNvidia(
      Backend backend, Tensors tensors, Golden golden, String prefix, Priors priors) {
    float[] boxes = golden.floats(prefix + ".boxes");
    Matches matches =
        match(
            backend, tensors, priors, boxes, golden.ints(prefix + ".labels"), MatchParams.nvidia());
    assertThat(matches.classes())
        .describedAs(prefix)
        .isEqualTo(golden.ints(prefix + ".out_labels"));
    int[] foreground = golden.ints(prefix + ".fg_idx");
    float[] centres = golden.floats(prefix + ".fg_cxcywh");
    for (int i = 0; i < foreground.length; i++) {
      int at = 4 * matches.matched()[foreground[i]];
      assertThat((boxes[at] + boxes[at + 2]) / 2).isCloseTo(centres[4 * i], within((float) IOU));
      assertThat(boxes[at + 3] - boxes[at + 1]).isCloseTo(centres[4 * i + 3], within((float) IOU));
    }
  }
}
