package dev.multibox.train;

import dev.multibox.backend.ImagePlan.Resize;
import dev.multibox.backend.NmsParams;
import dev.multibox.eval.Metric;
import dev.multibox.model.SsdDefinition;

/**
 * How a model is measured. The size of its input is the model's own, and stretches.
 *
 * @param metric what is computed in the end
 * @param resize how whole images become the input
 * @param nms which detections are measured
 * @param skipsEmptyImages whether images without any object are left out, on which false alarms are
 *     then never noticed
 */
public record EvaluationProtocol(
    Metric metric, Resize resize, NmsParams nms, boolean skipsEmptyImages) {
  /** What goes with a model whatever it was trained by: COCO's numbers on all images. */
  public static EvaluationProtocol of(SsdDefinition model) {
    return new EvaluationProtocol(Metric.COCO, model.resize(), model.nms(), false);
  }

  /** The same with another metric. */
  public EvaluationProtocol with(Metric other) {
    return new EvaluationProtocol(other, resize, nms, skipsEmptyImages);
  }
}
