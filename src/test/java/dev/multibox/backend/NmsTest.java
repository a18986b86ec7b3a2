package dev.multibox.backend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.multibox.BackendSource;
import dev.multibox.Tensors;
import dev.multibox.backend.NmsParams.Overlap;
import dev.multibox.tensor.DType;
import dev.multibox.tensor.Shape;
import dev.multibox.tensor.Tensor;
import dev.multibox.tensor.TensorArena;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.SplittableRandom;

/** Suppression by itself. */
class NmsTest {
  private static int[] nms(
      Backend backend, float[] boxes, float[] scores, float threshold, Overlap overlap) {
    try (TensorArena arena = backend.newArena()) {
      Tensors tensors = new Tensors(backend, arena);
      int size = scores.length;
      Tensor keep = tensors.allocate(Shape.of(size), DType.I32);
      Tensor count = tensors.allocate(Shape.of(1), DType.I32);
      backend
          .nms()
          .nms(
              tensors.floats(Shape.of(size, 4), boxes),
              tensors.floats(Shape.of(size), scores),
              threshold,
              overlap,
              keep,
              count);
      int kept = backend.ints(count)[0];
      int[] indices = backend.ints(keep);
      assertThat(Arrays.copyOfRange(indices, kept, size)).doesNotContain(0, 1, 2, 3);
      return Arrays.copyOf(indices, kept);
    }
  }

  /** Boxes on whole numbers and scores with ties. */
  private static float[] gridBoxes(SplittableRandom random, int count) {
    float[] boxes = new float[4 * count];
    for (int i = 0; i < boxes.length; i += 4) {
      boxes[i] = random.nextInt(20);
      boxes[i + 1] = random.nextInt(20);
      boxes[i + 2] = boxes[i] + random.nextInt(6);
      boxes[i + 3] = boxes[i + 1] + random.nextInt(1, 6);
    }
    return boxes;
  }

  private static float[] tiedScores(SplittableRandom random, int count) {
    float[] scores = new float[count];
    for (int i = 0; i < count; i++) {
      scores[i] = random.nextInt(-8, 8) / 4f;
    }
    return scores;
  }

  @BackendSource
  void theThresholdItselfIsKeptWhereItSaysSo(Backend backend) {
    float[] boxes = {0, 0, 4, 4, 0, 0, 4, 2, 9, 9, 10, 10};
    float[] scores = {0.5f, 0.9f, 0.7f};
    assertThat(nms(backend, boxes, scores, 0.5f, Overlap.ABOVE)).containsExactly(1, 2, 0);
    assertThat(nms(backend, boxes, scores, 0.5f, Overlap.AT_LEAST)).containsExactly(1, 2);
    assertThat(nms(backend, boxes, scores, 0, Overlap.AT_LEAST)).containsExactly(1);
    assertThat(nms(backend, boxes, scores, 1, Overlap.ABOVE)).containsExactly(1, 2, 0);
  }

  @BackendSource
  void equalScoresGoByIndexAndNanLast(Backend backend) {
    float[] boxes = {0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9};
    float[] scores = {Float.NaN, -0f, 0, Float.NEGATIVE_INFINITY, 1};
    assertThat(nms(backend, boxes, scores, 0.5f, Overlap.ABOVE)).containsExactly(4, 1, 2, 3, 0);
  }

  @BackendSource
  void boxesWithoutAreaOrNumbersSuppressNothing(Backend backend) {
    float[] boxes = {1, 1, 1, 1, 1, 1, 1, 1, Float.NaN, 0, 2, 2, 0, 0, 2, 2, 2, 2, 0, 0};
    float[] scores = {5, 4, 3, 2, 1};
    assertThat(nms(backend, boxes, scores, 0.5f, Overlap.ABOVE)).containsExactly(0, 1, 2, 3, 4);
  }

  @BackendSource
  void nothingIsLeftOfNothing(Backend backend) {
    assertThat(nms(backend, new float[0], new float[0], 0.5f, Overlap.ABOVE)).isEmpty();
  }

  @BackendSource
  void keepsWhatTheReferenceKeeps(Backend backend) {
    for (int seed = 0; seed < 20; seed++) {
      for (Overlap overlap : Overlap.values()) {
        SplittableRandom random = new SplittableRandom(seed);
        int count = 1 + 40 * seed;
        float[] boxes = gridBoxes(random, count);
        float[] scores = tiedScores(random, count);
        assertThat(nms(backend, boxes, scores, 0.25f, overlap))
            .describedAs("seed %d, %s", seed, overlap)
            .isEqualTo(reference(boxes, scores, 0.25f, overlap));
      }
    }
  }

  private static int[] reference(float[] boxes, float[] scores, float threshold, Overlap overlap) {
    List<Integer> order = new ArrayList<>();
    for (int i = 0; i < scores.length; i++) {
      order.add(i);
    }
    order.sort(Comparator.comparingDouble(i -> -(double) scores[i]));
    List<Integer> kept = new ArrayList<>();
    for (int i : order) {
      boolean goes = false;
      for (int better : kept) {
        double iou = MatchReference.iou(boxes, better, boxes, i, 0);
        goes |= iou > threshold || (overlap == Overlap.AT_LEAST && iou == threshold);
      }
      if (!goes) {
        kept.add(i);
      }
    }
    return kept.stream().mapToInt(Integer::intValue).toArray();
  }

  @BackendSource
  void keptBoxesOverlapLittleAndSurviveASecondTime(Backend backend) {
    for (int seed = 0; seed < 5; seed++) {
      SplittableRandom random = new SplittableRandom(seed);
      float[] boxes = gridBoxes(random, 300);
      float[] scores = tiedScores(random, 300);
      int[] kept = nms(backend, boxes, scores, 0.3f, Overlap.ABOVE);
      float[] keptBoxes = new float[4 * kept.length];
      float[] keptScores = new float[kept.length];
      for (int i = 0; i < kept.length; i++) {
        System.arraycopy(boxes, 4 * kept[i], keptBoxes, 4 * i, 4);
        keptScores[i] = scores[kept[i]];
        for (int j = 0; j < i; j++) {
          assertThat(MatchReference.iou(keptBoxes, i, keptBoxes, j, 0))
              .describedAs("seed %d", seed)
              .isLessThanOrEqualTo(0.3);
        }
      }
      int[] again = nms(backend, keptBoxes, keptScores, 0.3f, Overlap.ABOVE);
      for (int i = 0; i < again.length; i++) {
        assertThat(again[i]).isEqualTo(i);
      }
      assertThat(again).hasSameSizeAs(kept);
      assertThat(kept.length).isBetween(2, 299);
    }
  }

  @BackendSource
  void refusesWhatDoesNotFit(Backend backend) {
    try (TensorArena arena = backend.newArena()) {
      Tensors tensors = new Tensors(backend, arena);
      Tensor boxes = tensors.poisoned(Shape.of(3, 4));
      Tensor scores = tensors.poisoned(Shape.of(3));
      Tensor keep = tensors.ints(Shape.of(3), 0, 0, 0);
      Tensor count = tensors.ints(Shape.of(1), 0);
      NmsKernels nms = backend.nms();
      assertThatThrownBy(() -> nms.nms(boxes, boxes, 0.5f, Overlap.ABOVE, keep, count))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("nms: scores was [3, 4], wanted 1 axes");
      assertThatThrownBy(() -> nms.nms(boxes, scores, 1.5f, Overlap.ABOVE, keep, count))
          .hasMessage("nms: iouThreshold was 1.5, wanted 0 to 1");
      assertThatThrownBy(() -> nms.nms(boxes, scores, 0.5f, Overlap.ABOVE, scores, count))
          .hasMessage("nms: a tensor was [3] F32, wanted I32");
    }
  }
}
