package dev.multibox.eval;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ForkJoinPool;
import org.junit.jupiter.api.Test;

/** Cases small enough to be worked out by hand. */
class CocoMetricTest {
  /** The ulp that pycocotools adds to a denominator, and what sums of hundreds lose. */
  private static final double EXACT = 1e-12;

  @Test
  void findsEverythingWhereDetectionsAreTheTruth() {
    GroundTruth truth = truth(object(1, 0, 40, false), object(2, 200, 40, false));
    List<DetectedObject> detections = List.of(detection(0, 40, 0.9), detection(200, 40, 0.8));
    assertThat(numbers(truth, detections))
        .containsEntry(CocoNumber.AP, 1.0)
        .containsEntry(CocoNumber.AP_MEDIUM, 1.0)
        .containsEntry(CocoNumber.AP_SMALL, CocoCurves.ABSENT)
        .containsEntry(CocoNumber.AR_MAX1, 0.5)
        .containsEntry(CocoNumber.AR_MAX10, 1.0);
    CocoResult result = CocoMetric.evaluate(truth, detections);
    assertThat(result.perCategory()).isEqualTo(Map.of(7, result.numbers()));
  }

  @Test
  void countsThePrecisionAtEveryRecall() {
    // Right, wrong, right: precision 1 up to recall 1/2 (51 points), then 2/3 (50 points).
    GroundTruth truth = truth(object(1, 0, 40, false), object(2, 200, 40, false));
    CocoResult result =
        CocoMetric.evaluate(
            truth,
            List.of(detection(0, 40, 0.9), detection(100, 40, 0.8), detection(200, 40, 0.7)));
    assertThat(result.numbers().get(CocoNumber.AP50))
        .isCloseTo((51 + 50 * 2.0 / 3) / 101, within(EXACT));
  }

  @Test
  void leavesDetectionsInACrowdOutOfAccountHoweverMany() {
    GroundTruth truth = truth(object(1, 0, 40, false), object(2, 200, 100, true));
    List<DetectedObject> detections =
        List.of(detection(210, 40, 0.9), detection(230, 40, 0.8), detection(0, 40, 0.7));
    assertThat(numbers(truth, detections))
        .containsEntry(CocoNumber.AP, 1.0)
        .containsEntry(CocoNumber.AR_MAX1, 0.0);
  }

  @Test
  void leavesDetectionsOfAnotherSizeOutOfAccountWithinARange() {
    GroundTruth truth = truth(object(1, 0, 40, false));
    List<DetectedObject> detections = List.of(detection(200, 10, 0.9), detection(0, 40, 0.8));
    assertThat(numbers(truth, detections))
        .containsEntry(CocoNumber.AP, 0.5)
        .containsEntry(CocoNumber.AP_MEDIUM, 1.0)
        .containsEntry(CocoNumber.AP_SMALL, CocoCurves.ABSENT);
  }

  @Test
  void takesBothEndsOfARangeOfAreas() {
    GroundTruth truth = truth(object(1, 0, 32, false), object(2, 200, 96, false));
    List<DetectedObject> detections = List.of(detection(0, 32, 0.9), detection(200, 96, 0.8));
    assertThat(numbers(truth, detections))
        .containsEntry(CocoNumber.AP_SMALL, 1.0)
        .containsEntry(CocoNumber.AP_MEDIUM, 1.0)
        .containsEntry(CocoNumber.AP_LARGE, 1.0);
  }

  @Test
  void countsAMatchWithAnnotationZeroAsWrongAsPycocotoolsDoes() {
    CocoResult result =
        CocoMetric.evaluate(truth(object(0, 0, 40, false)), List.of(detection(0, 40, 0.9)));
    assertThat(result.numbers()).containsEntry(CocoNumber.AP, 0.0);
  }

  @Test
  void breaksTiesOfScoreByTheOrderGiven() {
    GroundTruth truth = truth(object(1, 0, 40, false));
    List<DetectedObject> rightFirst = List.of(detection(0, 40, 0.0), detection(200, 40, -0.0));
    assertThat(numbers(truth, rightFirst)).containsEntry(CocoNumber.AP, 1.0);
    assertThat(numbers(truth, rightFirst.reversed())).containsEntry(CocoNumber.AP, 0.5);
  }

  @Test
  void countsTheBestHundredOfAnImageOnly() {
    List<DetectedObject> detections = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      detections.add(detection(1000 + 50 * i, 40, 0.9));
    }
    detections.add(detection(0, 40, 0.8));
    GroundTruth truth = truth(object(1, 0, 40, false));
    assertThat(numbers(truth, detections)).containsEntry(CocoNumber.AR_MAX100, 0.0);
    assertThat(numbers(truth, detections.subList(1, 101)))
        .containsEntry(CocoNumber.AR_MAX100, 1.0)
        .containsEntry(CocoNumber.AR_MAX10, 0.0);
  }

  @Test
  void isAbsentWithoutObjectsAndZeroWithoutDetections() {
    assertThat(numbers(truth(), List.of(detection(0, 40, 0.9))).values())
        .containsOnly(CocoCurves.ABSENT);
    assertThat(numbers(truth(object(1, 0, 40, false)), List.of()))
        .containsEntry(CocoNumber.AP, 0.0)
        .containsEntry(CocoNumber.AR_MAX100, 0.0)
        .containsEntry(CocoNumber.AP_LARGE, CocoCurves.ABSENT);
  }

  @Test
  void leavesOtherImagesAndCategoriesOutOfAccount() {
    GroundTruth truth = truth(object(1, 0, 40, false));
    List<DetectedObject> detections =
        List.of(
            new DetectedObject(99, 7, 0, 0, 40, 40, 0.95),
            new DetectedObject(1, 8, 0, 0, 40, 40, 0.95),
            detection(0, 40, 0.9));
    assertThat(numbers(truth, detections)).containsEntry(CocoNumber.AP, 1.0);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> truth.withImages(List.of(99L)))
        .withMessage("ground truth: image 99 was wanted, but is not in the data set");
  }

  @Test
  void doesNotDependOnTheNumberOfThreads() throws Exception {
    Random random = new Random(11);
    List<GroundTruthObject> objects = new ArrayList<>();
    List<DetectedObject> detections = new ArrayList<>();
    TreeMap<Integer, String> categories = new TreeMap<>();
    for (int i = 0; i < 400; i++) {
      int category = random.nextInt(20);
      categories.put(category, "category " + category);
      double x = random.nextInt(300);
      objects.add(new GroundTruthObject(i + 1, i % 9, category, x, 0, 50, 50, 2500, false, false));
      detections.add(
          new DetectedObject(
              i % 9, category, x + random.nextInt(30), 0, 50, 50, random.nextInt(9)));
    }
    GroundTruth truth =
        new GroundTruth(
            new TreeSet<>(List.of(0L, 1L, 2L, 3L, 4L, 5L, 6L, 7L, 8L)), categories, objects);
    CocoResult parallel = CocoMetric.evaluate(truth, detections);
    try (var alone = new ForkJoinPool(1)) {
      CocoResult serial = alone.submit(() -> CocoMetric.evaluate(truth, detections)).get();
      assertThat(serial.numbers()).isEqualTo(parallel.numbers());
      assertThat(serial.perCategory()).isEqualTo(parallel.perCategory());
    }
    assertThat(parallel.numbers().get(CocoNumber.AP)).isBetween(0.01, 0.99);
  }

  @Test
  void writesTheNumbersUnderTheirNames() {
    JsonNode json =
        new JsonMapper()
            .valueToTree(
                CocoMetric.evaluate(
                    truth(object(1, 0, 40, false)), List.of(detection(0, 40, 0.9))));
    List<String> names = new ArrayList<>();
    json.fieldNames().forEachRemaining(names::add);
    assertThat(names)
        .containsExactlyInAnyOrder(
            "AP",
            "AP50",
            "AP75",
            "AP_small",
            "AP_medium",
            "AP_large",
            "AR_max1",
            "AR_max10",
            "AR_max100",
            "AR_small",
            "AR_medium",
            "AR_large",
            "per_category");
    assertThat(json.at("/per_category/7/AP_medium").asDouble()).isCloseTo(1, within(EXACT));
  }

  /** The numbers, rounded to multiples of {@link #EXACT}. */
  private static Map<CocoNumber, Double> numbers(
      GroundTruth truth, List<DetectedObject> detections) {
    Map<CocoNumber, Double> rounded = new EnumMap<>(CocoNumber.class);
    CocoMetric.evaluate(truth, detections)
        .numbers()
        .forEach((number, value) -> rounded.put(number, Math.rint(value / EXACT) * EXACT));
    return rounded;
  }

  private static GroundTruth truth(GroundTruthObject... objects) {
    return new GroundTruth(
        new TreeSet<>(List.of(1L)), new TreeMap<>(Map.of(7, "raccoon")), List.of(objects));
  }

  private static GroundTruthObject object(long id, double x, double side, boolean crowd) {
    return new GroundTruthObject(id, 1, 7, x, 0, side, side, side * side, crowd, false);
  }

  private static DetectedObject detection(double x, double side, double score) {
    return new DetectedObject(1, 7, x, 0, side, side, score);
  }
}
