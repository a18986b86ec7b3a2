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
import java.util.Arrays;

/** Suppression and post-processing against torchvision's answers. */
class NmsGoldenTest {
  /** Softmax in float32. */
  private static final float SCORE = 1e-5f;

  /** Decoded boxes of some hundred pixels. */
  private static final float PIXELS = 1e-2f;

  @BackendSource
  void suppressesAsTorchvision(Backend backend) {
    Golden golden = Golden.open("05_postprocess.safetensors");
    int ran = 0;
    try (TensorArena arena = backend.newArena()) {
      Tensors tensors = new Tensors(backend, arena);
      for (JsonNode node : golden.metadata("nms_cases")) {
        String name = node.path("name").asText();
        float[] scores = golden.floats(name + ".scores");
        Shape shape = Shape.of(scores.length);
        Tensor keep = tensors.allocate(shape, DType.I32);
        Tensor count = tensors.allocate(Shape.of(1), DType.I32);
        backend
            .nms()
            .nms(
                tensors.floats(Shape.of(scores.length, 4), golden.floats(name + ".boxes")),
                tensors.floats(shape, scores),
                (float) node.path("thr").asDouble(),
                NmsParams.Overlap.ABOVE,
                keep,
                count);
        int[] kept = Arrays.copyOf(backend.ints(keep), backend.ints(count)[0]);
        assertThat(kept).describedAs(name).isEqualTo(golden.ints(name + ".keep"));
        ran++;
      }
    }
    assertThat(ran).isPositive();
  }

  @BackendSource
  void detectsAsTorchvision(Backend backend) {
    Golden golden = Golden.open("05_postprocess.safetensors");
    int ran = 0;
    try (TensorArena arena = backend.newArena()) {
      Tensors tensors = new Tensors(backend, arena);
      for (JsonNode node : golden.metadata("cases")) {
        for (int n = 0; n < node.path("N").asInt(); n++) {
          checkDetections(backend, tensors, golden, node, n);
          ran++;
        }
      }
    }
    assertThat(ran).isPositive();
  }

  private static void checkDetections(
      Backend backend, Tensors tensors, Golden golden, JsonNode node, int n) {
    String name = node.path("name").asText();
    int classes = node.path("C").asInt();
    Priors priors = PriorTensors.ofCorners(tensors, golden.floats(node.path("anchors").asText()));
    int count = priors.count();
    HeadOutputs heads =
        Heads.of(
            tensors,
            1,
            Heads.flat(count, classes),
            part(golden.floats(name + ".cls_logits"), n, count * classes),
            part(golden.floats(name + ".bbox_regression"), n, count * 4));
    NmsParams params =
        new NmsParams(
            NmsParams.Scores.SOFTMAX,
            NmsParams.Choice.EVERY_CLASS,
            (float) node.path("score_thresh").asDouble(),
            0,
            node.path("topk_candidates").asInt(),
            (float) node.path("nms_thresh").asDouble(),
            NmsParams.Overlap.ABOVE,
            node.path("detections_per_img").asInt(),
            NmsParams.Scope.PER_IMAGE,
            NmsParams.Clip.BEFORE_NMS);
    JsonNode size = node.path("image_hw").get(n);
    int capacity = params.capacity(classes);
    Detections out = tensors.detections(1, capacity);
    backend
        .nms()
        .detect(
            heads,
            priors,
            BoxCoding.torchvision(),
            params,
            size.get(1).asInt(),
            size.get(0).asInt(),
            out);
    String image = name + ".img" + n;
    int[] labels = golden.ints(image + ".labels");
    int found = labels.length;
    assertThat(backend.ints(out.counts())).describedAs(image).containsExactly(found);
    assertThat(Arrays.copyOf(backend.ints(out.labels()), found)).isEqualTo(labels);
    assertThat(Arrays.copyOf(backend.floats(out.scores()), found))
        .containsExactly(golden.floats(image + ".scores"), within(SCORE));
    assertThat(Arrays.copyOf(backend.floats(out.boxes()), 4 * found))
        .containsExactly(golden.floats(image + ".boxes"), within(PIXELS));
    assertThat(Arrays.copyOfRange(backend.floats(out.scores()), found, capacity))
        .containsOnly(new float[capacity - found]);
  }

  private static float[] part(float[] values, int n, int length) {
    return Arrays.copyOfRange(values, n * length, (n + 1) * length);
  }
}
