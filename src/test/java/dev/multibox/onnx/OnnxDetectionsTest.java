package dev.multibox.onnx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.onnxruntime.OrtException;
import dev.multibox.Tensors;
import dev.multibox.backend.Backend;
import dev.multibox.backend.BoxCoding;
import dev.multibox.backend.HeadLayout;
import dev.multibox.backend.HeadOutputs;
import dev.multibox.backend.NmsParams;
import dev.multibox.backend.NmsParams.Choice;
import dev.multibox.backend.NmsParams.Clip;
import dev.multibox.backend.NmsParams.Overlap;
import dev.multibox.backend.NmsParams.Scope;
import dev.multibox.backend.NmsParams.Scores;
import dev.multibox.backend.Priors;
import dev.multibox.backend.cpu.CpuBackend;
import dev.multibox.model.Detection;
import dev.multibox.onnx.OnnxGraph.Element;
import dev.multibox.tensor.Shape;
import dev.multibox.tensor.Tensor;
import dev.multibox.tensor.TensorArena;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The end of inference alone, on the same head outputs as ours. */
class OnnxDetectionsTest {
  private static final int BATCH = 3;
  private static final int CLASSES = 4;
  private static final BoxCoding CODING = new BoxCoding(10, 10, 5, 5, 0.5f);

  private static Backend backend;

  /** Two levels of a prior a cell, as the heads' convolutions write them. */
  private static final List<HeadLayout> LAYOUTS =
      List.of(
          new HeadLayout(6, 8, 1, CLASSES, CLASSES + 4, 0),
          new HeadLayout(3, 4, 1, CLASSES, CLASSES + 4, 48));

  private static final int PRIORS = 60;

  /**
   * Logits, offsets and priors.
   *
   * @param logits {@code [N, P, K]}
   * @param offsets {@code [N, P, 4]}
   * @param centres {@code [P, 4]}
   */
  @SuppressWarnings("ArrayRecordComponent")
  private record Problem(float[] logits, float[] offsets, float[] centres) {
    static Problem of(int seed) {
      float[] logits = Tensors.random(seed, (long) BATCH * PRIORS * CLASSES);
      float[] offsets = Tensors.random(seed + 100, BATCH * PRIORS * 4L);
      float[] centres = Tensors.random(seed + 200, PRIORS * 4L);
      for (int i = 0; i < logits.length; i++) {
        logits[i] *= 4;
      }
      for (int i = 0; i < centres.length; i++) {
        // Centres over the image and beyond, sizes from a tenth to a half.
        centres[i] = i % 4 < 2 ? 0.5f + 0.6f * centres[i] : 0.3f + 0.2f * centres[i];
        offsets[i] *= 4;
      }
      return new Problem(logits, offsets, centres);
    }
  }

  @BeforeAll
  static void open() {
    backend = CpuBackend.open();
  }

  @AfterAll
  static void close() {
    backend.close();
  }

  private static List<List<Detection>> theirs(Problem problem, NmsParams params)
      throws OrtException {
    OnnxGraph graph = new OnnxGraph("detections");
    OnnxHeads heads =
        new OnnxHeads(
            graph.batchInput("class_logits", Element.FLOAT, PRIORS, CLASSES),
            graph.batchInput("box_offsets", Element.FLOAT, PRIORS, 4));
    new OnnxDetections(graph, heads, LAYOUTS, params).append(problem.centres(), CODING);
    Shape logits = Shape.of(BATCH, PRIORS, CLASSES);
    try (OnnxRun run = OnnxRun.of(OnnxFile.model(graph).bytes())) {
      return OnnxFound.of(
          run.run(
              Map.of(
                  "class_logits", new OnnxRun.Input(logits, problem.logits()),
                  "box_offsets",
                      new OnnxRun.Input(Shape.of(BATCH, PRIORS, 4), problem.offsets()))));
    }
  }

  private static List<List<Detection>> ours(Problem problem, NmsParams params) {
    try (TensorArena arena = backend.newArena()) {
      Tensors tensors = new Tensors(backend, arena);
      Tensor centres = tensors.floats(Shape.of(PRIORS, 4), problem.centres());
      Priors priors = new Priors(centres, centres);
      return OurDetections.of(backend, heads(tensors, problem), priors, CODING, params);
    }
  }

  private static HeadOutputs heads(Tensors tensors, Problem problem) {
    List<Tensor> levels = new ArrayList<>();
    for (HeadLayout layout : LAYOUTS) {
      float[] values = new float[BATCH * layout.priors() * layout.channels()];
      for (int i = 0; i < BATCH * layout.priors(); i++) {
        int prior = i / layout.priors() * PRIORS + layout.firstPrior() + i % layout.priors();
        int at = i * layout.channels();
        System.arraycopy(problem.logits(), prior * CLASSES, values, at, CLASSES);
        System.arraycopy(problem.offsets(), prior * 4, values, at + CLASSES, 4);
      }
      Shape shape = Shape.of(BATCH, layout.height(), layout.width(), layout.channels());
      levels.add(tensors.floats(shape, values));
    }
    return new HeadOutputs(levels, LAYOUTS);
  }

  private static int compare(Problem problem, NmsParams params) throws OrtException {
    List<List<Detection>> theirs = theirs(problem, params);
    List<List<Detection>> ours = ours(problem, params);
    assertThat(theirs).hasSize(BATCH);
    for (int n = 0; n < BATCH; n++) {
      OnnxFound.assertSame(theirs.get(n), ours.get(n), 0, "%s, image %d".formatted(params, n));
    }
    return ours.stream().mapToInt(List::size).sum();
  }

  @Test
  void everyVariantDetectsAsOurs() throws OrtException {
    Problem problem = Problem.of(1);
    int found = 0;
    for (Scores scores : Scores.values()) {
      for (Choice choice : Choice.values()) {
        for (Scope scope : Scope.values()) {
          for (Clip clip : Clip.values()) {
            for (Overlap overlap : Overlap.values()) {
              for (int limit : new int[] {0, 9}) {
                NmsParams params =
                    new NmsParams(
                        scores, choice, 0.05f, 2 * limit, limit, 0.4f, overlap, 17, scope, clip);
                found += compare(problem, params);
              }
            }
          }
        }
      }
    }
    assertThat(found).isGreaterThan(1000);
  }

  @Test
  void equalScoresComeByClassThenPrior() throws OrtException {
    Problem problem = Problem.of(2);
    Arrays.fill(problem.logits(), 0);
    NmsParams params = NmsParams.caffe().withThresholds(0.1f, 1).withTopK(PRIORS + 3);
    List<List<Detection>> theirs = theirs(problem, params);
    List<List<Detection>> ours = ours(problem, params);
    for (int n = 0; n < BATCH; n++) {
      assertThat(theirs.get(n).stream().map(Detection::label))
          .containsExactlyElementsOf(ours.get(n).stream().map(Detection::label).toList());
      assertThat(ours.get(n).getLast().label()).isEqualTo(2);
      for (int i = 0; i < PRIORS + 3; i++) {
        // Without a tie broken otherwise, boxes are equal to the last bits.
        assertThat(theirs.get(n).get(i).xmin()).isCloseTo(ours.get(n).get(i).xmin(), within(1e-6f));
      }
    }
  }

  /** Boxes of a half and a third of each other: overlaps that floats state exactly, or round. */
  @Test
  void anOverlapOfExactlyTheThresholdGoesWhereItShould() throws OrtException {
    Problem problem = Problem.of(3);
    Arrays.fill(problem.offsets(), 0);
    for (int p = 0; p < PRIORS; p++) {
      boolean wide = p % 2 == 0;
      float[] centre = {wide ? 0.5f : 0.375f, 0.5f, wide ? 0.5f : 0.25f, 0.5f};
      System.arraycopy(centre, 0, problem.centres(), 4 * p, 4);
    }
    for (float threshold : new float[] {0, 0.5f, 1}) {
      for (Overlap overlap : Overlap.values()) {
        NmsParams params =
            new NmsParams(
                Scores.SOFTMAX,
                Choice.EVERY_CLASS,
                0.01f,
                0,
                0,
                threshold,
                overlap,
                50,
                Scope.PER_IMAGE,
                Clip.NEVER);
        assertThat(compare(problem, params)).isPositive();
      }
    }
    NmsParams half = NmsParams.nvidia().withThresholds(0.01f, 0.5f);
    NmsParams caffe = NmsParams.caffe().withThresholds(0.01f, 0.5f);
    assertThat(compare(problem, half)).isLessThan(compare(problem, caffe));
  }

  @Test
  void whatIsNotANumberIsNoDetection() throws OrtException {
    Problem problem = Problem.of(4);
    Arrays.fill(problem.logits(), Float.NaN);
    assertThat(compare(problem, NmsParams.torchvision())).isZero();
    assertThat(compare(problem, NmsParams.nvidia())).isZero();
  }

  @Test
  void findsNothingWhereBackgroundIsCertain() throws OrtException {
    Problem problem = Problem.of(5);
    for (int i = 0; i < problem.logits().length; i += CLASSES) {
      problem.logits()[i] = 30;
    }
    assertThat(compare(problem, NmsParams.caffe())).isZero();
  }
}
