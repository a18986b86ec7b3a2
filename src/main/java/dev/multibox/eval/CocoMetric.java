package dev.multibox.eval;

import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;

/**
 * COCO's twelve numbers for boxes, as pycocotools computes them, its ways with ties among them
 * (cocodataset/cocoapi, {@code cocoeval.py}).
 *
 * <p>Matching is by category and image ({@link CocoMatcher}), the 100 best detections of each; then
 * the detections of a category over all images give curves of precision by recall ({@link
 * CocoCurves}), whose means are the numbers. {@link GroundTruthObject#difficult} is not looked at.
 */
public final class CocoMetric {
  private CocoMetric() {}

  /**
   * Measures {@code detections}; those of images or categories that do not count are left out.
   * Every core takes its share of the categories; the result does not depend on how many there are.
   */
  public static CocoResult evaluate(GroundTruth truth, List<DetectedObject> detections) {
    SortedMap<Integer, SortedMap<Long, CocoImage>> images = images(truth, detections);
    List<Collection<CocoImage>> byCategory = new ArrayList<>();
    images.values().forEach(category -> byCategory.add(category.values()));
    CocoCurves curves = new CocoCurves(byCategory.size());
    IntStream.range(0, byCategory.size())
        .parallel()
        .forEach(category -> curves.draw(category, CocoCategory.of(byCategory.get(category))));
    SortedMap<Integer, Map<CocoNumber, Double>> perCategory = new TreeMap<>();
    for (int id : images.keySet()) {
      int category = perCategory.size();
      perCategory.put(id, numbers(number -> curves.mean(number, category)));
    }
    return new CocoResult(numbers(curves::mean), perCategory, curves);
  }

  private static SortedMap<Integer, SortedMap<Long, CocoImage>> images(
      GroundTruth truth, List<DetectedObject> detections) {
    SortedMap<Integer, SortedMap<Long, CocoImage>> images = new TreeMap<>();
    truth.categories().keySet().forEach(id -> images.put(id, new TreeMap<>()));
    for (GroundTruthObject object : truth.objects()) {
      SortedMap<Long, CocoImage> ofCategory = images.get(object.categoryId());
      if (ofCategory != null && truth.imageIds().contains(object.imageId())) {
        image(ofCategory, object.imageId()).add(object);
      }
    }
    for (DetectedObject detection : detections) {
      SortedMap<Long, CocoImage> ofCategory = images.get(detection.categoryId());
      if (ofCategory != null && truth.imageIds().contains(detection.imageId())) {
        image(ofCategory, detection.imageId()).add(detection);
      }
    }
    return images;
  }

  private static CocoImage image(Map<Long, CocoImage> images, long id) {
    return images.computeIfAbsent(id, _ -> new CocoImage());
  }

  private static Map<CocoNumber, Double> numbers(ToDoubleFunction<CocoNumber> value) {
    Map<CocoNumber, Double> numbers = new EnumMap<>(CocoNumber.class);
    for (CocoNumber number : CocoNumber.values()) {
      numbers.put(number, value.applyAsDouble(number));
    }
    return numbers;
  }
}
