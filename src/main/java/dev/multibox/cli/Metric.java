package dev.multibox.cli;

import dev.multibox.eval.CocoMetric;
import dev.multibox.eval.DetectedObject;
import dev.multibox.eval.GroundTruth;
import dev.multibox.eval.VocMetric;
import dev.multibox.eval.VocParams;
import java.util.List;

/** What {@code eval --metric} chooses from. */
enum Metric {
  /** The twelve numbers of COCO. */
  COCO,
  /** VOC's mean average precision at eleven recalls. */
  VOC07,
  /** VOC's mean average precision as an area. */
  VOC10;

  EvalReport evaluate(GroundTruth truth, List<DetectedObject> detections) {
    return switch (this) {
      case COCO -> EvalReport.of(truth, CocoMetric.evaluate(truth, detections));
      case VOC07 -> EvalReport.of(truth, VocMetric.evaluate(truth, detections, VocParams.VOC07));
      case VOC10 -> EvalReport.of(truth, VocMetric.evaluate(truth, detections, VocParams.VOC10));
    };
  }
}
