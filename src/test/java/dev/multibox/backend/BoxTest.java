package dev.multibox.backend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.multibox.BackendSource;
import dev.multibox.Tensors;
import dev.multibox.backend.MatchParams.Comparison;
import dev.multibox.backend.MatchParams.Forced;
import dev.multibox.backend.MatchParams.Tie;
import dev.multibox.backend.cpu.CpuBackend;
import dev.multibox.tensor.DType;
import dev.multibox.tensor.Shape;
import dev.multibox.tensor.Tensor;
import dev.multibox.tensor.TensorArena;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class BoxTest {
  /** A handful of roundings of coordinates in [0, 1]. */
  private static final float ROUNDING = 1e-6f;

  /** What one match says about every prior of a batch. */
  @SuppressWarnings("ArrayRecordComponent")
  private record Matches(int[] matched, int[] classes, float[] offsets) {}

  @SuppressWarnings("ArrayRecordComponent")
  private record Truth(int batch, int most, float[] boxes, int[] labels, int[] counts) {
    static Truth of(float... boxes) {
      int count = boxes.length / 4;
      int[] labels = new int[count];
      Arrays.setAll(labels, g -> g + 1);
      return new Truth(1, count, boxes, labels, new int[] {count});
    }

    float[] boxes(int n) {
      return Arrays.copyOfRange(boxes, n * most * 4, (n + 1) * most * 4);
    }
  }

  private static float[] iou(Backend backend, float[] a, float[] b) {
    try (TensorArena arena = backend.newArena()) {
      Tensors tensors = new Tensors(backend, arena);
      Tensor out = tensors.poisoned(Shape.of(a.length / 4, b.length / 4));
      backend
          .box()
          .iou(
              tensors.floats(Shape.of(a.length / 4, 4), a),
              tensors.floats(Shape.of(b.length / 4, 4), b),
              out);
      return backend.floats(out);
    }
  }

  private static Matches match(Backend backend, float[] priors, Truth truth, MatchParams params) {
    try (TensorArena arena = backend.newArena()) {
      Tensors tensors = new Tensors(backend, arena);
      int count = priors.length / 4;
      Tensor matched = tensors.allocate(Shape.of(truth.batch(), count), DType.I32);
      Tensor classes = tensors.allocate(Shape.of(truth.batch(), count), DType.I32);
      Tensor offsets = tensors.poisoned(Shape.of(truth.batch(), count, 4));
      backend
          .box()
          .match(
              PriorTensors.ofCorners(tensors, priors),
              tensors.floats(Shape.of(truth.batch(), truth.most(), 4), truth.boxes()),
              tensors.ints(Shape.of(truth.batch(), truth.most()), truth.labels()),
              tensors.ints(Shape.of(truth.batch()), truth.counts()),
              params,
              BoxCoding.ssd(),
              matched,
              classes,
              offsets);
      return new Matches(backend.ints(matched), backend.ints(classes), backend.floats(offsets));
    }
  }

  /** Boxes with corners on a grid of whole numbers, so that equal IoUs are common and exact. */
  private static float[] gridBoxes(SplittableRandom random, int count) {
    float[] boxes = new float[4 * count];
    for (int i = 0; i < boxes.length; i += 4) {
      boxes[i] = random.nextInt(8);
      boxes[i + 1] = random.nextInt(8);
      boxes[i + 2] = boxes[i] + random.nextInt(1, 5);
      boxes[i + 3] = boxes[i + 1] + random.nextInt(1, 5);
    }
    return boxes;
  }

  private static float[] unitBoxes(SplittableRandom random, int count) {
    float[] boxes = new float[4 * count];
    for (int i = 0; i < boxes.length; i += 4) {
      boxes[i] = random.nextFloat(0.8f);
      boxes[i + 1] = random.nextFloat(0.8f);
      boxes[i + 2] = boxes[i] + random.nextFloat(0.02f, 0.2f);
      boxes[i + 3] = boxes[i + 1] + random.nextFloat(0.02f, 0.2f);
    }
    return boxes;
  }

  private static Truth gridTruth(SplittableRandom random, int batch, int most) {
    int[] labels = new int[batch * most];
    Arrays.setAll(labels, _ -> random.nextInt(1, 20));
    int[] counts = new int[batch];
    Arrays.setAll(counts, n -> n == 0 ? 0 : random.nextInt(most + 1));
    return new Truth(batch, most, gridBoxes(random, batch * most), labels, counts);
  }

  @BackendSource
  void iouIsIntersectionOverUnion(Backend backend) {
    float[] a = {0, 0, 2, 2};
    // Overlapping in a unit square, equal, touching, apart, inside, empty, inverted, not a
    // number.
    float[] b = {
      1, 1, 3, 3, 0, 0, 2, 2, 2, 0, 4, 2, 5, 5, 6, 6, 0, 0, 1, 1, 1, 1, 1, 1, 2, 2, 0, 0, Float.NaN,
      0, 2, 2
    };
    assertThat(iou(backend, a, b)).containsExactly(1f / 7, 1, 0, 0, 0.25f, 0, 0, 0);
    assertThat(iou(backend, new float[] {1, 1, 1, 1}, new float[] {1, 1, 1, 1})).containsExactly(0);
  }

  @BackendSource
  void iouIsSymmetricWithinZeroToOneAndOneOnItself(Backend backend) {
    for (int seed = 0; seed < 5; seed++) {
      float[] boxes = unitBoxes(new SplittableRandom(seed), 97);
      float[] iou = iou(backend, boxes, boxes);
      for (int i = 0; i < 97; i++) {
        for (int j = 0; j < 97; j++) {
          float value = iou[i * 97 + j];
          assertThat(value)
              .describedAs("seed %d, %d and %d", seed, i, j)
              .isEqualTo(iou[j * 97 + i])
              .isBetween(0f, 1f)
              .isCloseTo((float) MatchReference.iou(boxes, i, boxes, j, 0), within(ROUNDING));
        }
        assertThat(iou[i * 97 + i]).isEqualTo(1);
      }
    }
  }

  @BackendSource
  void offsetsAreTheFormulas(Backend backend) {
    try (TensorArena arena = backend.newArena()) {
      Tensors tensors = new Tensors(backend, arena);
      Priors priors = PriorTensors.ofCentres(tensors, new float[] {0.5f, 0.5f, 0.2f, 0.2f});
      float[] box = PriorTensors.corners(new float[] {0.52f, 0.5f, 0.2f, 0.4f});
      Tensor offsets = tensors.poisoned(Shape.of(1, 4));
      backend.box().encode(tensors.floats(Shape.of(1, 4), box), priors, BoxCoding.ssd(), offsets);
      float height = (float) (Math.log(2) / 0.2);
      assertThat(backend.floats(offsets))
          .containsExactly(new float[] {1, 0, 0, height}, within(1e-5f));
    }
  }

  @BackendSource
  void aBoxWithoutExtentHasNoFiniteOffsets(Backend backend) {
    Truth truth = Truth.of(1, 1, 1, 2);
    float[] offsets =
        match(backend, new float[] {0, 0, 2, 2}, truth, MatchParams.torchvision()).offsets();
    assertThat(offsets[2]).isEqualTo(Float.NEGATIVE_INFINITY);
  }

  @BackendSource
  void decodingUndoesEncoding(Backend backend) {
    try (TensorArena arena = backend.newArena()) {
      Tensors tensors = new Tensors(backend, arena);
      for (int seed = 0; seed < 5; seed++) {
        SplittableRandom random = new SplittableRandom(seed);
        int count = 1500;
        Priors priors = PriorTensors.ofCorners(tensors, unitBoxes(random, count));
        float[] boxes = unitBoxes(random, count);
        Tensor offsets = tensors.poisoned(Shape.of(count, 4));
        Tensor decoded = tensors.poisoned(Shape.of(1, count, 4));
        BoxCoding coding = new BoxCoding(10, 9, 5, 4, Float.POSITIVE_INFINITY);
        backend.box().encode(tensors.floats(Shape.of(count, 4), boxes), priors, coding, offsets);
        backend.box().decode(offsets.reshape(decoded.shape()), priors, coding, decoded);
        assertThat(backend.floats(decoded))
            .describedAs("seed %d", seed)
            .containsExactly(boxes, within(ROUNDING));
      }
    }
  }

  @BackendSource
  void decodingReusesPriorsForEveryImageAndLimitsGrowth(Backend backend) {
    try (TensorArena arena = backend.newArena()) {
      Tensors tensors = new Tensors(backend, arena);
      Priors priors = PriorTensors.ofCorners(tensors, new float[] {0, 0, 2, 2, 4, 4, 6, 8});
      Tensor offsets =
          tensors.floats(Shape.of(2, 2, 4), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 100, 0, 10, 0, 0, 100);
      Tensor boxes = tensors.poisoned(Shape.of(2, 2, 4));
      backend.box().decode(offsets, priors, BoxCoding.torchvision(), boxes);
      // Width and height grow 62.5-fold at most; a tx of 10 is one prior's width.
      assertThat(backend.floats(boxes))
          .containsExactly(
              new float[] {0, 0, 2, 2, 4, 4, 6, 8, -61.5f, 0, 63.5f, 2, 6, 6 - 125, 8, 6 + 125},
              within(1e-4f));
      backend.box().decode(offsets, priors, BoxCoding.ssd(), boxes);
      assertThat(backend.floats(boxes)[8]).isEqualTo(1 - (float) Math.exp(20), within(1e3f));
    }
  }

  @BackendSource
  void everyVariantMatchesAsTheReference(Backend backend) {
    int positives = 0;
    for (Forced forced : Forced.values()) {
      for (Tie tie : Tie.values()) {
        for (Comparison comparison : Comparison.values()) {
          for (float negative : new float[] {0.5f, 0.25f}) {
            for (float epsilon : new float[] {0, 1}) {
              MatchParams params =
                  new MatchParams(forced, tie, 0.5f, comparison, negative, epsilon);
              for (int seed = 0; seed < 4; seed++) {
                positives += compareWithReference(backend, params, seed);
              }
            }
          }
        }
      }
    }
    assertThat(positives).isGreaterThan(1000);
  }

  private static int compareWithReference(Backend backend, MatchParams params, int seed) {
    SplittableRandom random = new SplittableRandom(seed);
    // Beyond a tile of priors every other time.
    float[] priors = gridBoxes(random, seed % 2 == 0 ? 40 : 1100);
    int count = priors.length / 4;
    Truth truth = gridTruth(random, 3, 9);
    Matches matches = match(backend, priors, truth, params);
    int positives = 0;
    for (int n = 0; n < 3; n++) {
      float[] boxes = truth.boxes(n);
      int boxCount = truth.counts()[n];
      int[] expected = MatchReference.matched(priors, boxes, boxCount, params);
      assertThat(Arrays.copyOfRange(matches.matched(), n * count, (n + 1) * count))
          .describedAs("%s, seed %d, image %d", params, seed, n)
          .isEqualTo(expected);
      for (int p = 0; p < count; p++) {
        int wanted =
            expected[p] >= 0
                ? truth.labels()[n * 9 + expected[p]]
                : MatchReference.unmatchedClass(priors, p, boxes, boxCount, params);
        assertThat(matches.classes()[n * count + p]).isEqualTo(wanted);
        positives += wanted > 0 ? 1 : 0;
        if (expected[p] < 0) {
          assertThat(
                  Arrays.copyOfRange(
                      matches.offsets(), 4 * (n * count + p), 4 * (n * count + p) + 4))
              .containsExactly(0, 0, 0, 0);
        }
      }
    }
    return positives;
  }

  @BackendSource
  void positivesCarryTheOffsetsOfTheirBox(Backend backend) {
    float[] priors = {0, 0, 2, 2, 10, 10, 12, 12};
    Matches matches =
        match(backend, priors, Truth.of(10, 10, 12, 12.5f), MatchParams.torchvision());
    assertThat(matches.matched()).containsExactly(-1, 0);
    assertThat(matches.classes()).containsExactly(0, 1);
    float[] offsets = {0, 0, 0, 0, 0, 1.25f, 0, (float) (5 * Math.log(1.25))};
    assertThat(matches.offsets()).containsExactly(offsets, within(ROUNDING));
  }

  @BackendSource
  void ofTwoBoxesWithOneBestPriorTheLaterWinsUnlessBipartite(Backend backend) {
    float[] priors = {0, 0, 4, 4, 3, 0, 7, 4, 20, 20, 24, 24};
    Truth truth = Truth.of(0, 0, 4, 4, 0, 0, 4, 3.5f);
    assertThat(match(backend, priors, truth, MatchParams.torchvision()).matched())
        .containsExactly(1, -1, -1);
    assertThat(match(backend, priors, truth, MatchParams.caffe()).matched())
        .containsExactly(0, 1, -1);
  }

  @BackendSource
  void theThresholdItselfCountsWhereItSaysSo(Backend backend) {
    // The first prior has IoU 0.5 with the box, the second is the box.
    float[] priors = {0, 0, 4, 2, 0, 0, 4, 4};
    Truth truth = Truth.of(0, 0, 4, 4);
    assertThat(match(backend, priors, truth, MatchParams.torchvision()).classes())
        .containsExactly(1, 1);
    assertThat(match(backend, priors, truth, MatchParams.nvidia()).classes()).containsExactly(0, 1);
  }

  @BackendSource
  void daliTakesTheLastOfEqualPriors(Backend backend) {
    float[] priors = {0, 0, 4, 4, 0, 0, 4, 4};
    Truth truth = Truth.of(0, 0, 4, 1);
    assertThat(match(backend, priors, truth, MatchParams.nvidia()).matched())
        .containsExactly(0, -1);
    assertThat(match(backend, priors, truth, MatchParams.dali()).matched()).containsExactly(-1, 0);
  }

  @BackendSource
  void aBoxThatOverlapsNothingTakesAPriorOnlyWhereEachMust(Backend backend) {
    float[] priors = {0, 0, 1, 1, 2, 2, 3, 3};
    for (Truth truth : List.of(Truth.of(8, 8, 9, 9), Truth.of(Float.NaN, 0, 1, 1))) {
      assertThat(match(backend, priors, truth, MatchParams.torchvision()).matched())
          .containsExactly(0, -1);
      assertThat(match(backend, priors, truth, MatchParams.dali()).matched())
          .containsExactly(-1, 0);
      assertThat(match(backend, priors, truth, MatchParams.caffe()).matched())
          .containsExactly(-1, -1);
    }
  }

  @BackendSource
  void withoutGroundTruthEveryPriorIsNegative(Backend backend) {
    float[] priors = unitBoxes(new SplittableRandom(1), 33);
    MatchParams any = new MatchParams(Forced.EACH_BEST, Tie.FIRST, 0, Comparison.AT_LEAST, 0, 0);
    for (MatchParams params : List.of(MatchParams.caffe(), MatchParams.nvidia(), any)) {
      Matches matches = match(backend, priors, Truth.of(), params);
      assertThat(matches.matched()).containsOnly(-1);
      assertThat(matches.classes()).containsOnly(0);
      assertThat(matches.offsets()).containsOnly(0);
    }
  }

  @BackendSource
  void everyBoxHasAPriorOfItsOwnWhenMatchedBipartitely(Backend backend) {
    for (int seed = 0; seed < 10; seed++) {
      SplittableRandom random = new SplittableRandom(seed);
      float[] boxes = gridBoxes(random, 12);
      // Every prior overlaps every box, so that there is always one left.
      float[] priors = gridBoxes(random, 30);
      for (int i = 0; i < priors.length; i++) {
        priors[i] = i % 4 < 2 ? 0 : 12 + random.nextInt(5);
      }
      int[] matched = match(backend, priors, Truth.of(boxes), MatchParams.caffe()).matched();
      assertThat(matched).describedAs("seed %d", seed).contains(0, 1, 2, 3, 4, 5, 6, 7, 8, 9);
    }
  }

  @Test
  void nothingDependsOnTheNumberOfThreads() {
    SplittableRandom random = new SplittableRandom(3);
    float[] priors = gridBoxes(random, 3000);
    Truth truth = gridTruth(random, 7, 20);
    try (Backend one = CpuBackend.open(1);
        Backend three = CpuBackend.open(3)) {
      Matches a = match(one, priors, truth, MatchParams.caffe());
      Matches b = match(three, priors, truth, MatchParams.caffe());
      assertThat(a.matched()).isEqualTo(b.matched());
      assertThat(a.offsets()).isEqualTo(b.offsets());
      assertThat(iou(one, priors, truth.boxes())).isEqualTo(iou(three, priors, truth.boxes()));
    }
  }

  @BackendSource
  void refusesWhatDoesNotFit(Backend backend) {
    try (TensorArena arena = backend.newArena()) {
      Tensors tensors = new Tensors(backend, arena);
      Tensor boxes = tensors.poisoned(Shape.of(3, 4));
      assertThatThrownBy(() -> backend.box().iou(boxes, boxes, tensors.poisoned(Shape.of(3, 2))))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("iou: out was [3, 2], wanted [3, 3]");
      assertThatThrownBy(() -> backend.box().iou(boxes, tensors.poisoned(Shape.of(3, 5)), boxes))
          .hasMessage("iou: b was [3, 5], wanted [3, 4]");
      Priors priors = new Priors(boxes, boxes);
      assertThatThrownBy(() ->
              backend
                  .box()
                  .encode(tensors.poisoned(Shape.of(2, 4)), priors, BoxCoding.ssd(), boxes))
          .hasMessage("encode: shapes were [3, 4] and [2, 4], wanted equal ones");
      assertThatThrownBy(() -> backend.box().decode(boxes, priors, BoxCoding.ssd(), boxes))
          .hasMessage("decode: offsets was [3, 4], wanted 3 axes");
      assertThatThrownBy(
              () -> new MatchParams(Forced.NONE, Tie.FIRST, 0.5f, Comparison.AT_LEAST, 0.6f, 0))
          .hasMessage("match: negativeThreshold was 0.6, wanted 0 to the threshold 0.5");
    }
  }
}
