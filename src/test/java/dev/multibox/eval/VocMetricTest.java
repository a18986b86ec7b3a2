package dev.multibox.eval;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** Cases small enough to be worked out by hand. */
class VocMetricTest {
  private static final double EXACT = 1e-15;

  @Test
  void measuresRightWrongRight() {
    GroundTruth truth = truth(object(1, 0, false), object(2, 200, false));
    List<DetectedObject> detections =
        List.of(detection(0, 0.9), detection(100, 0.8), detection(200, 0.7));
    // Precision 1 at recalls 0 to 0.5 (six points), 2/3 at 0.6 to 1 (five points).
    assertThat(VocMetric.evaluate(truth, detections, VocParams.VOC07).meanAveragePrecision())
        .isCloseTo((6 + 5 * 2.0 / 3) / 11, within(EXACT));
    assertThat(VocMetric.evaluate(truth, detections, VocParams.VOC10).meanAveragePrecision())
        .isCloseTo(0.5 + 0.5 * 2 / 3, within(EXACT));
  }

  @Test
  void countsASecondFindOfTheSameObjectAsWrong() {
    VocResult.Category found =
        category(
            truth(object(1, 0, false), object(2, 200, false)),
            List.of(detection(0, 0.9), detection(1, 0.8)));
    assertThat(found.truePositives()).isEqualTo(1);
    assertThat(found.falsePositives()).isEqualTo(1);
  }

  @Test
  void doesNotTryASecondBestObject() {
    // Both detections are nearest to the object at 0; the one at 10 would do for the second.
    VocResult.Category found =
        category(
            truth(object(1, 0, false), object(2, 10, false)),
            List.of(detection(1, 0.9), detection(4, 0.8)));
    assertThat(found.truePositives()).isEqualTo(1);
    assertThat(found.falsePositives()).isEqualTo(1);
  }

  @Test
  void countsDifficultObjectsNeitherWayHoweverOftenFound() {
    VocResult.Category found =
        category(
            truth(object(1, 0, true), object(2, 200, false)),
            List.of(detection(0, 0.9), detection(1, 0.8), detection(200, 0.7)));
    assertThat(found.positives()).isEqualTo(1);
    assertThat(found.falsePositives()).isZero();
    assertThat(found.averagePrecision()).isEqualTo(1.0);
  }

  @Test
  void takesAnIouOfExactlyTheThreshold() {
    // Without the inclusive pixel: 30 of 60 columns in common.
    GroundTruth truth = truth(new GroundTruthObject(1, 1, 7, 0, 0, 30, 10, 300, false, false));
    List<DetectedObject> detections = List.of(new DetectedObject(1, 7, 0, 0, 60, 10, 0.9));
    VocParams exclusive = new VocParams(VocParams.Precision.AREA, 0.5, false);
    assertThat(VocMetric.evaluate(truth, detections, exclusive).meanAveragePrecision())
        .isEqualTo(1.0);
    VocParams stricter = new VocParams(VocParams.Precision.AREA, Math.nextUp(0.5), false);
    assertThat(VocMetric.evaluate(truth, detections, stricter).meanAveragePrecision())
        .isEqualTo(0.0);
  }

  @Test
  void countsInclusivePixelsAsTheDevkitDoes() {
    // One pixel, which is nothing at all without the 1.
    GroundTruth truth = truth(new GroundTruthObject(1, 1, 7, 5, 5, 0, 0, 0, false, false));
    List<DetectedObject> detections = List.of(new DetectedObject(1, 7, 5, 5, 0, 0, 0.9));
    VocParams exclusive = new VocParams(VocParams.Precision.AREA, 0.5, false);
    assertThat(VocMetric.evaluate(truth, detections, VocParams.VOC10).meanAveragePrecision())
        .isEqualTo(1.0);
    assertThat(VocMetric.evaluate(truth, detections, exclusive).meanAveragePrecision())
        .isEqualTo(0.0);
  }

  @Test
  void leavesACategoryWithoutObjectsOutOfTheMean() {
    GroundTruth truth =
        new GroundTruth(
            new TreeSet<>(List.of(1L)),
            new TreeMap<>(Map.of(7, "raccoon", 8, "badger")),
            List.of(object(1, 0, false)));
    VocResult result =
        VocMetric.evaluate(
            truth,
            List.of(detection(0, 0.9), new DetectedObject(1, 8, 0, 0, 40, 40, 0.9)),
            VocParams.VOC07);
    assertThat(result.meanAveragePrecision()).isEqualTo(1.0);
    JsonNode json = new JsonMapper().valueToTree(result);
    assertThat(json.path("mAP").asDouble()).isEqualTo(1.0);
    assertThat(json.at("/per_category/8/AP").isNull()).isTrue();
    assertThat(json.at("/per_category/7/AP").asDouble()).isEqualTo(1.0);
  }

  @Test
  void isAbsentWithoutObjectsAndZeroWithoutDetections() {
    assertThat(
            VocMetric.evaluate(truth(), List.of(detection(0, 0.9)), VocParams.VOC07)
                .meanAveragePrecision())
        .isNull();
    assertThat(
            VocMetric.evaluate(truth(object(1, 0, false)), List.of(), VocParams.VOC10)
                .meanAveragePrecision())
        .isEqualTo(0.0);
  }

  @Test
  void refusesThresholdsThatMeanNothing() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new VocParams(VocParams.Precision.AREA, 0, true))
        .withMessage("voc: iouThreshold was 0.0, wanted one in (0, 1]");
    assertThatIllegalArgumentException().isThrownBy(() -> detection(0, Double.NaN));
  }

  private static VocResult.Category category(GroundTruth truth, List<DetectedObject> detections) {
    return Objects.requireNonNull(
        VocMetric.evaluate(truth, detections, VocParams.VOC07).perCategory().get(7));
  }

  private static GroundTruth truth(GroundTruthObject... objects) {
    return new GroundTruth(
        new TreeSet<>(List.of(1L)), new TreeMap<>(Map.of(7, "raccoon")), List.of(objects));
  }

  private static GroundTruthObject object(long id, double x, boolean difficult) {
    return new GroundTruthObject(id, 1, 7, x, 0, 40, 40, 1600, false, difficult);
  }

  private static DetectedObject detection(double x, double score) {
    return new DetectedObject(1, 7, x, 0, 40, 40, score);
  }
}
