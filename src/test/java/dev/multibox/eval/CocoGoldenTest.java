package dev.multibox.eval;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.multibox.Golden;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** Against pycocotools, on every selection of images, categories and detections it was run on. */
class CocoGoldenTest {
  /** Sums of up to a million doubles of at most 1, in another order. */
  private static final double TOLERANCE = 1e-12;

  private final JsonNode expected = Golden.json("08_coco_expected.json");
  private final GroundTruth truth;
  private final List<DetectedObject> detections;

  CocoGoldenTest() throws IOException {
    truth = CocoJson.readAnnotations(Golden.folder().resolve("08_coco_gt.json"));
    detections = CocoJson.readDetections(Golden.folder().resolve("08_coco_dets.json"), truth);
  }

  @Test
  void readsWhatTheFilesHold() {
    JsonNode facts = expected.path("facts");
    assertThat(truth.imageIds()).hasSize(facts.path("images").asInt());
    assertThat(truth.objects()).hasSize(facts.path("annotations").asInt());
    assertThat(truth.objects().stream().filter(GroundTruthObject::crowd))
        .hasSize(facts.path("crowds").asInt());
    assertThat(detections).hasSize(facts.path("detections").asInt());
  }

  @TestFactory
  Stream<DynamicTest> numbersEqualThoseOfPycocotools() {
    List<DynamicTest> cases = new ArrayList<>();
    cases.add(selection("everything", expected, truth, detections));
    for (Map.Entry<String, JsonNode> section : expected.properties()) {
      if (section.getValue().has("stats")) {
        cases.add(
            selection(
                section.getKey(),
                section.getValue(),
                truth(section.getValue()),
                detections(section.getKey())));
      }
    }
    assertThat(cases).hasSizeGreaterThan(1);
    return cases.stream();
  }

  private DynamicTest selection(
      String name, JsonNode wanted, GroundTruth selected, List<DetectedObject> measured) {
    return DynamicTest.dynamicTest(
        name,
        () -> {
          JsonNode json = new JsonMapper().valueToTree(CocoMetric.evaluate(selected, measured));
          JsonNode names = expected.path("names");
          assertThat(names).hasSize(12);
          for (int i = 0; i < names.size(); i++) {
            assertNumber(json, names.get(i).asText(), wanted.path("stats").get(i));
          }
          assertThat(wanted.path("per_category")).isNotEmpty();
          assertThat(json.path("per_category")).hasSameSizeAs(wanted.path("per_category"));
          for (Map.Entry<String, JsonNode> category : wanted.path("per_category").properties()) {
            for (Map.Entry<String, JsonNode> number : category.getValue().properties()) {
              assertNumber(
                  json.path("per_category").path(category.getKey()),
                  number.getKey(),
                  number.getValue());
            }
          }
        });
  }

  private static void assertNumber(JsonNode found, String name, JsonNode wanted) {
    assertThat(found.path(name).isDouble()).describedAs(name).isTrue();
    assertThat(found.path(name).asDouble())
        .describedAs(name)
        .isCloseTo(wanted.asDouble(), within(TOLERANCE));
  }

  private GroundTruth truth(JsonNode section) {
    GroundTruth selected = truth;
    if (section.has("image_ids")) {
      List<Long> images = new ArrayList<>();
      section.path("image_ids").forEach(id -> images.add(id.asLong()));
      selected = selected.withImages(images);
    }
    if (section.has("category_ids")) {
      List<Integer> categories = new ArrayList<>();
      section.path("category_ids").forEach(id -> categories.add(id.asInt()));
      selected = selected.withCategories(categories);
    }
    return selected;
  }

  private List<DetectedObject> detections(String section) {
    return switch (section) {
      case "only_first_detection" -> detections.subList(0, 1);
      case "ground_truth_as_detections" ->
          truth.objects().stream().filter(object -> !object.crowd()).map(this::sure).toList();
      default -> detections;
    };
  }

  private DetectedObject sure(GroundTruthObject object) {
    return new DetectedObject(
        object.imageId(),
        object.categoryId(),
        object.xmin(),
        object.ymin(),
        object.width(),
        object.height(),
        1);
  }

  @Test
  void curvesEqualThoseOfPycocotools() {
    Golden golden = Golden.open("08_coco_precision.safetensors");
    CocoCurves curves = CocoMetric.evaluate(truth, detections).curves();
    int categories = truth.categories().size();
    double[] precision = golden.doubles("precision_area_all_max100");
    assertThat(precision).hasSize(10 * 101 * categories);
    assertThat(Arrays.stream(precision).max().orElseThrow()).isPositive();
    for (int i = 0; i < precision.length; i++) {
      int category = i % categories;
      int point = i / categories % 101;
      int threshold = i / categories / 101;
      assertThat(curves.precision(threshold, point, category, CocoArea.ALL, 100))
          .describedAs("threshold %d, point %d, category %d", threshold, point, category)
          .isCloseTo(precision[i], within(TOLERANCE));
    }
    double[] recall = golden.doubles("recall");
    List<CocoArea> areas = List.of(CocoArea.values());
    int[] limits = {1, 10, 100};
    assertThat(recall).hasSize(10 * categories * 4 * 3);
    assertThat(Arrays.stream(recall).max().orElseThrow()).isPositive();
    for (int i = 0; i < recall.length; i++) {
      CocoArea area = areas.get(i / 3 % 4);
      int category = i / 12 % categories;
      int threshold = i / 12 / categories;
      assertThat(curves.recall(threshold, category, area, limits[i % 3]))
          .describedAs(
              "threshold %d, category %d, %s, %d", threshold, category, area, limits[i % 3])
          .isCloseTo(recall[i], within(TOLERANCE));
    }
  }
}
