package dev.multibox.backend;

import static org.assertj.core.api.Assertions.assertThat;

import dev.multibox.SimulatedBackend;
import dev.multibox.Tensors;
import dev.multibox.backend.NmsParams.Choice;
import dev.multibox.backend.NmsParams.Clip;
import dev.multibox.backend.NmsParams.Overlap;
import dev.multibox.backend.NmsParams.Scope;
import dev.multibox.backend.NmsParams.Scores;
import dev.multibox.backend.cpu.CpuBackend;
import dev.multibox.tensor.DType;
import dev.multibox.tensor.Shape;
import dev.multibox.tensor.Tensor;
import dev.multibox.tensor.TensorArena;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The GPU's detections are the CPU's to the last bit: the same boxes in the same order. */
class DetectParityTest {
  private static final float SIDE = 10;

  /** Levels, types and values: what the two are given. */
  @SuppressWarnings("ArrayRecordComponent")
  private record Problem(
      int batch, DType type, List<HeadLayout> layouts, float[] centres, List<float[]> levels) {

    /**
     * Every level is filled from one end to the other, padding too. A logit is one of {@code kinds}
     * values, so that many scores are equal.
     */
    static Problem of(int seed, int batch, DType type, int kinds, List<HeadLayout> layouts) {
      SplittableRandom random = new SplittableRandom(seed);
      int priors = layouts.getLast().firstPrior() + layouts.getLast().priors();
      float[] centres = new float[4 * priors];
      for (int i = 0; i < centres.length; i++) {
        centres[i] = i % 4 < 2 ? random.nextFloat(SIDE) : random.nextFloat(0.5f, 3);
      }
      List<float[]> levels = new ArrayList<>();
      for (HeadLayout layout : layouts) {
        float[] values = new float[batch * layout.height() * layout.width() * layout.channels()];
        int logits = layout.priorsPerCell() * layout.classes();
        for (int i = 0; i < values.length; i++) {
          values[i] =
              i % layout.channels() < logits
                  ? 6f * random.nextInt(kinds) / kinds
                  : random.nextFloat(-3, 3);
        }
        levels.add(values);
      }
      return new Problem(batch, type, layouts, centres, levels);
    }

    /** With some logits and offsets that are not finite. */
    Problem spoiled() {
      float[] bad = {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY, 1e4f, -1e4f};
      for (float[] level : levels) {
        for (int i = 0; i < level.length; i += 37) {
          level[i] = bad[i % bad.length];
        }
      }
      return this;
    }

    /** All outputs, as arrays in which one NaN equals another. */
    List<Object> detect(Backend backend, NmsParams params) {
      try (TensorArena arena = backend.newArena()) {
        Tensors tensors = new Tensors(backend, arena);
        int capacity = params.capacity(layouts.getFirst().classes());
        Detections out = tensors.detections(batch, capacity);
        List<Tensor> tensorsOfLevels = new ArrayList<>();
        for (int i = 0; i < layouts.size(); i++) {
          HeadLayout layout = layouts.get(i);
          Shape shape = Shape.of(batch, layout.height(), layout.width(), layout.channels());
          tensorsOfLevels.add(tensors.of(type, shape, levels.get(i)));
        }
        backend
            .nms()
            .detect(
                new HeadOutputs(tensorsOfLevels, layouts),
                PriorTensors.ofCentres(tensors, centres),
                BoxCoding.ssd(),
                params,
                SIDE,
                SIDE,
                out);
        return List.of(
            backend.ints(out.counts()),
            backend.ints(out.labels()),
            backend.floats(out.scores()),
            backend.floats(out.boxes()));
      }
    }
  }

  private static void assertSame(Backend cpu, Backend cuda, Problem problem, NmsParams params) {
    List<Object> wanted = problem.detect(cpu, params);
    List<Object> found = problem.detect(cuda, params);
    for (int i = 0; i < wanted.size(); i++) {
      assertThat(found.get(i)).as("output %d of %s", i, params).isEqualTo(wanted.get(i));
    }
    assertThat((int[]) wanted.getFirst()).as("detections").doesNotContain(0);
  }

  private static NmsParams params(Scores scores, Choice choice, int limit, int topK, Scope scope) {
    return new NmsParams(
        scores, choice, 0.01f, 0, limit, 0.45f, Overlap.ABOVE, topK, scope, Clip.BEFORE_NMS);
  }

  @Test
  void everyVariantAgrees() {
    List<HeadLayout> layouts =
        Heads.layouts(5, 8, new int[] {4, 3, 4}, new int[] {2, 2, 6}, new int[] {1, 1, 2});
    try (Backend cpu = CpuBackend.open();
        Backend cuda = SimulatedBackend.open()) {
      int variant = 0;
      for (Scores scores : Scores.values()) {
        for (Choice choice : Choice.values()) {
          for (Scope scope : Scope.values()) {
            for (Clip clip : Clip.values()) {
              for (Overlap overlap : Overlap.values()) {
                variant++;
                int limit = variant % 2 * 13;
                DType type = variant % 3 == 0 ? DType.F32 : DType.F16;
                assertSame(
                    cpu,
                    cuda,
                    Problem.of(variant, 2, type, 1 + variant % 50, layouts).spoiled(),
                    new NmsParams(
                        scores, choice, 0.02f, 2 * limit, limit, 0.3f, overlap, 9, scope, clip));
              }
            }
          }
        }
      }
    }
  }

  /** 91 classes are in shared memory at a time. */
  @Test
  void moreClassesThanAreHeldAtATimeAgree() {
    try (Backend cpu = CpuBackend.open();
        Backend cuda = SimulatedBackend.open()) {
      for (int classes : new int[] {91, 92}) {
        List<HeadLayout> layouts =
            Heads.layouts(classes, 8, new int[] {2, 3, 6}, new int[] {1, 1, 4});
        Problem problem = Problem.of(classes, 1, DType.F16, 1000, layouts);
        Choice choice = classes == 91 ? Choice.EVERY_CLASS : Choice.BEST_CLASS;
        assertSame(cpu, cuda, problem, params(Scores.SOFTMAX, choice, 400, 200, Scope.PER_IMAGE));
      }
    }
  }

  /** 512 candidates of a class are in shared memory at a time, and are the best of all. */
  @ParameterizedTest
  @CsvSource({"1, 1000", "3, 0", "100000, 400", "100000, 0"})
  void moreCandidatesThanAreHeldAtATimeAgree(int kinds, int limit) {
    try (Backend cpu = CpuBackend.open();
        Backend cuda = SimulatedBackend.open()) {
      assertSame(
          cpu,
          cuda,
          Problem.of(kinds, 1, DType.F32, kinds, Heads.flat(1100, 2)),
          params(Scores.SIGMOID, Choice.EVERY_CLASS, limit, 300, Scope.PER_CLASS));
    }
  }

  /** With {@code -Dmultibox.slow=true}: some ten minutes. */
  @Test
  @EnabledIfSystemProperty(
      named = "multibox.slow",
      matches = "true",
      disabledReason = "takes minutes; -Dmultibox.slow=true runs it")
  void aThousandClassesOnAHundredThousandPriorsAgree() {
    List<HeadLayout> layouts =
        Heads.layouts(1000, 8, new int[] {129, 129, 6}, new int[] {10, 3, 6});
    assertThat(layouts.getLast().firstPrior() + layouts.getLast().priors()).isGreaterThan(100_000);
    try (Backend cpu = CpuBackend.open();
        Backend cuda = SimulatedBackend.open()) {
      assertSame(
          cpu,
          cuda,
          Problem.of(1, 1, DType.F16, 5000, layouts),
          NmsParams.torchvision().withThresholds(1.6e-3f, 0.45f));
    }
  }
}
