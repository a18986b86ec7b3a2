package dev.multibox.backend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.multibox.BackendSource;
import dev.multibox.Tensors;
import dev.multibox.backend.NmsParams.Choice;
import dev.multibox.backend.NmsParams.Clip;
import dev.multibox.backend.NmsParams.Overlap;
import dev.multibox.backend.NmsParams.Scope;
import dev.multibox.backend.NmsParams.Scores;
import dev.multibox.backend.cpu.CpuBackend;
import dev.multibox.tensor.TensorArena;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** From head outputs to detections. */
class DetectTest {
  /** Float32 softmax and decoding of boxes of about ten units. */
  private static final double CLOSE = 2e-5;

  /** More images than the CPU takes at a time. */
  private static final int BATCH = 5;

  /** Images of the tests that try every variant on the simulated GPU, which takes a second each. */
  private static final int FEW = 2;

  private static final int CLASSES = 5;
  private static final float WIDTH = 8;
  private static final float HEIGHT = 6;

  private static List<HeadLayout> layouts() {
    return Heads.layouts(CLASSES, 8, new int[] {6, 8, 4}, new int[] {3, 4, 6}, new int[] {1, 1, 2});
  }

  private static int priors() {
    return layouts().getLast().firstPrior() + layouts().getLast().priors();
  }

  @SuppressWarnings("ArrayRecordComponent")
  private record Problem(int batch, float[] logits, float[] offsets, float[] centres) {
    static Problem of(int seed) {
      return of(seed, BATCH);
    }

    static Problem of(int seed, int batch) {
      float[] logits = Tensors.random(seed, (long) batch * priors() * CLASSES);
      float[] offsets = Tensors.random(seed + 100, (long) batch * priors() * 4);
      float[] centres = Tensors.random(seed + 200, 4L * priors());
      for (int i = 0; i < logits.length; i++) {
        logits[i] *= 4;
      }
      for (int i = 0; i < centres.length; i++) {
        // Centres all over the image and beyond, sizes from 1 to 3.
        centres[i] = i % 4 < 2 ? 4 + 5 * centres[i] : 2 + centres[i];
        offsets[i] *= 4;
      }
      return new Problem(batch, logits, offsets, centres);
    }
  }

  @SuppressWarnings("ArrayRecordComponent")
  private record Result(float[] boxes, float[] scores, int[] labels, int[] counts) {}

  private static Result detect(
      Backend backend, Problem problem, NmsParams params, BoxCoding coding) {
    try (TensorArena arena = backend.newArena()) {
      Tensors tensors = new Tensors(backend, arena);
      int capacity = params.capacity(CLASSES);
      int batch = problem.batch();
      Detections out = tensors.detections(batch, capacity);
      backend
          .nms()
          .detect(
              Heads.of(tensors, batch, layouts(), problem.logits(), problem.offsets()),
              PriorTensors.ofCentres(tensors, problem.centres()),
              coding,
              params,
              WIDTH,
              HEIGHT,
              out);
      return new Result(
          backend.floats(out.boxes()),
          backend.floats(out.scores()),
          backend.ints(out.labels()),
          backend.ints(out.counts()));
    }
  }

  @BackendSource
  void everyVariantDetectsAsTheReference(Backend backend) {
    Problem problem = Problem.of(1, backend.name().equals("cpu") ? BATCH : FEW);
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
                found += compare(backend, problem, params);
              }
            }
          }
        }
      }
    }
    assertThat(found).isGreaterThan(500);
  }

  private static int compare(Backend backend, Problem problem, NmsParams params) {
    BoxCoding coding = new BoxCoding(10, 10, 5, 5, 0.5f);
    Result result = detect(backend, problem, params, coding);
    DetectReference reference = new DetectReference(params, coding, layouts(), WIDTH, HEIGHT);
    int capacity = params.capacity(CLASSES);
    int total = 0;
    for (int n = 0; n < problem.batch(); n++) {
      List<DetectReference.Found> expected =
          reference.detect(
              part(problem.logits(), n, priors() * CLASSES),
              part(problem.offsets(), n, priors() * 4),
              problem.centres());
      assertThat(result.counts()[n]).describedAs("%s", params).isEqualTo(expected.size());
      for (int i = 0; i < expected.size(); i++) {
        int at = n * capacity + i;
        assertThat(result.labels()[at]).isEqualTo(expected.get(i).label());
        assertThat((double) result.scores()[at]).isCloseTo(expected.get(i).score(), within(CLOSE));
        for (int j = 0; j < 4; j++) {
          assertThat((double) result.boxes()[4 * at + j])
              .isCloseTo(expected.get(i).box()[j], within(CLOSE));
        }
      }
      int end = n * capacity + expected.size();
      for (int at = end; at < (n + 1) * capacity; at++) {
        assertThat(result.labels()[at]).isZero();
        assertThat(result.scores()[at]).isZero();
        assertThat(part(result.boxes(), at, 4)).containsOnly(0);
      }
      total += expected.size();
    }
    return total;
  }

  private static float[] part(float[] values, int n, int length) {
    return Arrays.copyOfRange(values, n * length, (n + 1) * length);
  }

  @BackendSource
  void equalScoresComeByClassThenPrior(Backend backend) {
    Problem problem = Problem.of(2);
    Arrays.fill(problem.logits(), 0);
    Arrays.fill(problem.offsets(), 0);
    NmsParams params = NmsParams.caffe().withThresholds(0.1f, 1).withTopK(priors() + 1);
    Result result = detect(backend, problem, params, BoxCoding.ssd());
    assertThat(result.counts()).containsOnly(priors() + 1);
    for (int p = 0; p < priors(); p++) {
      float cx = problem.centres()[4 * p];
      float half = problem.centres()[4 * p + 2] / 2;
      assertThat(result.labels()[p]).isEqualTo(1);
      assertThat(result.boxes()[4 * p]).isEqualTo(Math.clamp(cx - half, 0, WIDTH));
    }
    assertThat(result.labels()[priors()]).isEqualTo(2);
  }

  @BackendSource
  void whatIsNotANumberIsNoDetection(Backend backend) {
    Problem problem = Problem.of(3);
    Arrays.fill(problem.logits(), Float.NaN);
    assertThat(detect(backend, problem, NmsParams.nvidia(), BoxCoding.ssd()).counts())
        .containsOnly(0);
  }

  @Test
  void nothingDependsOnTheNumberOfThreads() {
    Problem problem = Problem.of(4);
    try (Backend one = CpuBackend.open(1);
        Backend three = CpuBackend.open(3)) {
      Result a = detect(one, problem, NmsParams.torchvision(), BoxCoding.ssd());
      Result b = detect(three, problem, NmsParams.torchvision(), BoxCoding.ssd());
      assertThat(a.boxes()).isEqualTo(b.boxes());
      assertThat(a.scores()).isEqualTo(b.scores());
      assertThat(a.labels()).isEqualTo(b.labels());
      assertThat(a.counts()).isEqualTo(b.counts()).doesNotContain(0);
    }
  }

  @BackendSource
  void refusesWhatDoesNotFit(Backend backend) {
    try (TensorArena arena = backend.newArena()) {
      Tensors tensors = new Tensors(backend, arena);
      HeadOutputs heads = Heads.of(tensors, 1, Heads.flat(3, 2), new float[6], new float[12]);
      Detections out = tensors.detections(1, 7);
      NmsParams params = NmsParams.caffe();
      Priors two = PriorTensors.ofCentres(tensors, new float[8]);
      assertThatThrownBy(() -> backend.nms().detect(heads, two, BoxCoding.ssd(), params, 1, 1, out))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("detect: 2 priors for heads of 3");
      Priors three = PriorTensors.ofCentres(tensors, new float[12]);
      assertThatThrownBy(
              () -> backend.nms().detect(heads, three, BoxCoding.ssd(), params, 1, 1, out))
          .hasMessage("detect: scores was [1, 7], wanted [1, 200]");
    }
  }
}
