package dev.multibox.cli;

import dev.multibox.eval.CocoCurves;
import dev.multibox.eval.CocoMetric;
import dev.multibox.eval.CocoNumber;
import dev.multibox.eval.CocoResult;
import dev.multibox.eval.DetectedObject;
import dev.multibox.eval.GroundTruth;
import dev.multibox.eval.Metric;
import dev.multibox.eval.VocMetric;
import dev.multibox.eval.VocParams;
import dev.multibox.eval.VocResult;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A result for people and for machines.
 *
 * @param table lines of the overall numbers, then of the categories, ends with a line break
 * @param json what {@code --json} writes
 */
record EvalReport(String table, Object json) {
  private static final String ABSENT = "-";

  /** What {@code metric} says of these detections. */
  static EvalReport of(Metric metric, GroundTruth truth, List<DetectedObject> detections) {
    return switch (metric) {
      case COCO -> of(truth, CocoMetric.evaluate(truth, detections));
      case VOC07 -> of(truth, VocMetric.evaluate(truth, detections, VocParams.VOC07));
      case VOC10 -> of(truth, VocMetric.evaluate(truth, detections, VocParams.VOC10));
    };
  }

  private static EvalReport of(GroundTruth truth, CocoResult result) {
    StringBuilder table = new StringBuilder();
    result.numbers().forEach((number, value) -> table.append(row(number.key(), figure(value))));
    table.append("%n".formatted()).append(row("category", "   AP  AP50  AP75"));
    result
        .perCategory()
        .forEach((id, numbers) -> table.append(row(name(truth, id), figures(numbers))));
    return new EvalReport(table.toString(), result);
  }

  private static EvalReport of(GroundTruth truth, VocResult result) {
    StringBuilder table = new StringBuilder();
    table.append(row("mAP", figure(result.meanAveragePrecision())));
    table.append("%n".formatted()).append(row("category", "   AP"));
    result
        .perCategory()
        .forEach((id, category) ->
            table.append(row(name(truth, id), figure(category.averagePrecision()))));
    return new EvalReport(table.toString(), result);
  }

  private static String figures(Map<CocoNumber, Double> numbers) {
    return "%s %s %s"
        .formatted(
            figure(numbers.get(CocoNumber.AP)),
            figure(numbers.get(CocoNumber.AP50)),
            figure(numbers.get(CocoNumber.AP75)));
  }

  private static String row(String name, String figures) {
    return "%-20s %s%n".formatted(name, figures);
  }

  private static String figure(@Nullable Double value) {
    boolean absent = value == null || value == CocoCurves.ABSENT;
    return "%5s".formatted(absent ? ABSENT : String.format(Locale.ROOT, "%.3f", value));
  }

  private static String name(GroundTruth truth, int id) {
    String name = truth.categories().getOrDefault(id, "");
    return name.isEmpty() ? Integer.toString(id) : name;
  }
}
