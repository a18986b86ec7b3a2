package dev.multibox.eval;

import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Mean average precision of PASCAL VOC, as its MATLAB devkit computes it (Everingham et al., The
 * PASCAL VOC Challenge, 2010, section 4.2).
 *
 * <p>The detections of a category, over all images, take their turns by falling score, those of one
 * score in the order given. Each is compared with the object of its image of the largest IoU only,
 * the first on ties, difficult ones among them. Where that IoU reaches the threshold a difficult
 * object counts neither way, a free one is found, and one found before makes a false positive even
 * if a second one would do; below it the detection is a false positive.
 */
public final class VocMetric {
  private static final int RECALL_POINTS = 11;

  private final VocParams params;
  private final Map<Long, List<GroundTruthObject>> objects = new HashMap<>();
  private final List<DetectedObject> detections = new ArrayList<>();
  private int positives;

  private VocMetric(VocParams params) {
    this.params = params;
  }

  /** Measures {@code detections}; those of images or categories that do not count are left out. */
  public static VocResult evaluate(
      GroundTruth truth, List<DetectedObject> detections, VocParams params) {
    SortedMap<Integer, VocMetric> metrics = new TreeMap<>();
    truth.categories().keySet().forEach(id -> metrics.put(id, new VocMetric(params)));
    for (GroundTruthObject object : truth.objects()) {
      VocMetric metric = metrics.get(object.categoryId());
      if (metric != null && truth.imageIds().contains(object.imageId())) {
        metric.add(object);
      }
    }
    for (DetectedObject detection : detections) {
      VocMetric metric = metrics.get(detection.categoryId());
      if (metric != null && truth.imageIds().contains(detection.imageId())) {
        metric.detections.add(detection);
      }
    }
    SortedMap<Integer, VocResult.Category> perCategory = new TreeMap<>();
    metrics.forEach((id, metric) -> perCategory.put(id, metric.category()));
    return new VocResult(mean(perCategory), perCategory);
  }

  private static @Nullable Double mean(SortedMap<Integer, VocResult.Category> perCategory) {
    double sum = 0;
    int count = 0;
    for (VocResult.Category category : perCategory.values()) {
      Double averagePrecision = category.averagePrecision();
      if (averagePrecision != null) {
        sum += averagePrecision;
        count++;
      }
    }
    return count == 0 ? null : sum / count;
  }

  private void add(GroundTruthObject object) {
    objects.computeIfAbsent(object.imageId(), _ -> new ArrayList<>()).add(object);
    if (!object.difficult()) {
      positives++;
    }
  }

  private VocResult.Category category() {
    // Subtracting from 0 makes one zero of the two, which compare as different otherwise.
    detections.sort(Comparator.comparingDouble(detection -> 0.0 - detection.score()));
    Set<GroundTruthObject> found = Collections.newSetFromMap(new IdentityHashMap<>());
    double[] recall = new double[detections.size()];
    double[] precision = new double[detections.size()];
    int truePositives = 0;
    int falsePositives = 0;
    for (int i = 0; i < recall.length; i++) {
      DetectedObject detection = detections.get(i);
      GroundTruthObject nearest = nearest(detection);
      if (nearest == null || (!nearest.difficult() && !found.add(nearest))) {
        falsePositives++;
      } else if (!nearest.difficult()) {
        truePositives++;
      }
      recall[i] = (double) truePositives / positives;
      precision[i] = (double) truePositives / Math.max(1, truePositives + falsePositives);
    }
    Double averagePrecision = positives == 0 ? null : averagePrecision(recall, precision);
    return new VocResult.Category(
        averagePrecision, positives, recall.length, truePositives, falsePositives);
  }

  /** The object of the largest IoU if that reaches the threshold. */
  private @Nullable GroundTruthObject nearest(DetectedObject detection) {
    double largest = 0;
    GroundTruthObject nearest = null;
    for (GroundTruthObject object : objects.getOrDefault(detection.imageId(), List.of())) {
      double iou = iou(object, detection);
      if (iou > largest) {
        largest = iou;
        nearest = object;
      }
    }
    return largest >= params.iouThreshold() ? nearest : null;
  }

  private double iou(GroundTruthObject object, DetectedObject detection) {
    double one = params.inclusivePixels() ? 1 : 0;
    double left = Math.max(object.xmin(), detection.xmin());
    double upper = Math.max(object.ymin(), detection.ymin());
    double width = Math.min(object.xmax(), detection.xmax()) - left + one;
    double height = Math.min(object.ymax(), detection.ymax()) - upper + one;
    if (width <= 0 || height <= 0) {
      return 0;
    }
    double intersection = width * height;
    double union =
        (detection.width() + one) * (detection.height() + one)
            + (object.width() + one) * (object.height() + one)
            - intersection;
    return intersection / union;
  }

  private double averagePrecision(double[] recall, double[] precision) {
    for (int i = precision.length - 2; i >= 0; i--) {
      precision[i] = Math.max(precision[i], precision[i + 1]);
    }
    return switch (params.precision()) {
      case ELEVEN_POINTS -> elevenPoints(recall, precision);
      case AREA -> area(recall, precision);
    };
  }

  private static double elevenPoints(double[] recall, double[] envelope) {
    double sum = 0;
    int at = 0;
    for (int point = 0; point < RECALL_POINTS; point++) {
      // As the devkit's ports count: 3 * 0.1 is above 0.3, so a recall of 3/10 does not reach it.
      while (at < recall.length && recall[at] < point * 0.1) {
        at++;
      }
      sum += at < recall.length ? envelope[at] : 0;
    }
    return sum / RECALL_POINTS;
  }

  private static double area(double[] recall, double[] envelope) {
    double sum = 0;
    double before = 0;
    for (int i = 0; i < recall.length; i++) {
      sum += (recall[i] - before) * envelope[i];
      before = recall[i];
    }
    return sum;
  }
}
