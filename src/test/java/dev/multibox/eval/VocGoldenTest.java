package dev.multibox.eval;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import dev.multibox.Golden;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** Against the devkit's rules in Python, at every threshold and convention it was run with. */
class VocGoldenTest {
  /** Sums of some hundred doubles of at most 1, in another order. */
  private static final double TOLERANCE = 1e-12;

  private final JsonNode expected = Golden.json("08_voc_expected.json");
  private final JsonNode input = Golden.json("08_voc_input.json");
  private final List<String> classes = new ArrayList<>();
  private final List<String> images = new ArrayList<>();
  private final GroundTruth truth = truth();
  private final List<DetectedObject> detections = detections();

  @TestFactory
  Stream<DynamicTest> averagePrecisionEqualsTheDevkits() {
    List<DynamicTest> cases = new ArrayList<>();
    for (String convention : List.of("inclusive_plus_one", "no_plus_one")) {
      for (Map.Entry<String, JsonNode> section : expected.path(convention).properties()) {
        double iou = Double.parseDouble(section.getKey().substring("iou".length()));
        boolean inclusive = convention.equals("inclusive_plus_one");
        cases.add(
            test(
                section.getValue(),
                "11",
                new VocParams(VocParams.Precision.ELEVEN_POINTS, iou, inclusive)));
        cases.add(
            test(
                section.getValue(),
                "area",
                new VocParams(VocParams.Precision.AREA, iou, inclusive)));
      }
    }
    assertThat(cases).hasSizeGreaterThanOrEqualTo(4);
    return cases.stream();
  }

  private DynamicTest test(JsonNode wanted, String suffix, VocParams params) {
    return DynamicTest.dynamicTest(
        params.toString(),
        () -> {
          VocResult result = VocMetric.evaluate(truth, detections, params);
          assertThat(result.meanAveragePrecision())
              .isCloseTo(wanted.path("mAP" + suffix).asDouble(), within(TOLERANCE));
          assertThat(wanted.path("mAP" + suffix).asDouble()).isPositive();
          assertThat(result.perCategory()).hasSameSizeAs(wanted.path("per_class"));
          for (Map.Entry<String, JsonNode> entry : wanted.path("per_class").properties()) {
            int category = classes.indexOf(entry.getKey());
            assertCategory(
                requireNonNull(result.perCategory().get(category)),
                entry.getValue(),
                "AP" + suffix);
          }
        });
  }

  private static void assertCategory(VocResult.Category found, JsonNode wanted, String name) {
    if (wanted.isNull()) {
      assertThat(found.averagePrecision()).isNull();
      return;
    }
    assertThat(found.positives()).isEqualTo(wanted.path("npos").asInt());
    assertThat(found.detections()).isEqualTo(wanted.path("dets").asInt());
    assertThat(found.truePositives()).isEqualTo(wanted.path("tp").asInt());
    assertThat(found.falsePositives()).isEqualTo(wanted.path("fp").asInt());
    assertThat(found.averagePrecision()).isCloseTo(wanted.path(name).asDouble(), within(TOLERANCE));
  }

  private GroundTruth truth() {
    SortedMap<Integer, String> categories = new TreeMap<>();
    SortedSet<Long> imageIds = new TreeSet<>();
    for (JsonNode name : input.path("classes")) {
      categories.put(classes.size(), name.asText());
      classes.add(name.asText());
    }
    List<GroundTruthObject> objects = new ArrayList<>();
    for (Map.Entry<String, JsonNode> image : input.path("ground_truth").properties()) {
      imageIds.add((long) images.size());
      images.add(image.getKey());
      for (JsonNode node : image.getValue()) {
        double[] box = box(node);
        objects.add(
            new GroundTruthObject(
                objects.size() + 1,
                images.indexOf(image.getKey()),
                classes.indexOf(node.path("class").asText()),
                box[0],
                box[1],
                box[2] - box[0],
                box[3] - box[1],
                (box[2] - box[0]) * (box[3] - box[1]),
                false,
                node.path("difficult").asInt() != 0));
      }
    }
    return new GroundTruth(imageIds, categories, objects);
  }

  private List<DetectedObject> detections() {
    List<DetectedObject> all = new ArrayList<>();
    for (JsonNode node : input.path("detections")) {
      double[] box = box(node);
      all.add(
          new DetectedObject(
              images.indexOf(node.path("image").asText()),
              classes.indexOf(node.path("class").asText()),
              box[0],
              box[1],
              box[2] - box[0],
              box[3] - box[1],
              node.path("score").asDouble()));
    }
    return all;
  }

  private static double[] box(JsonNode node) {
    double[] box = new double[4];
    for (int i = 0; i < box.length; i++) {
      box[i] = node.path("bbox").get(i).asDouble();
    }
    return box;
  }
}
