package dev.multibox.train;

import dev.multibox.backend.Backend;
import dev.multibox.data.SamplePlan;
import dev.multibox.tensor.DType;
import dev.multibox.tensor.Shape;
import dev.multibox.tensor.Tensor;
import dev.multibox.tensor.TensorArena;
import java.util.List;

/**
 * The objects of a batch on the device, padded to the largest count a run can meet, so that shapes
 * never change.
 */
final class GroundTruthBatch {
  private final Backend backend;
  private final Tensor boxes; // [N, G, 4]
  private final Tensor labels; // [N, G]
  private final Tensor counts; // [N]
  private final float[] boxValues;
  private final int[] labelValues;
  private final int[] countValues;
  private final int capacity;

  GroundTruthBatch(Backend backend, int batch, int capacity, TensorArena arena) {
    this.backend = backend;
    this.capacity = capacity;
    boxes = arena.zeros(Shape.of(batch, capacity, 4), DType.F32);
    labels = arena.zeros(Shape.of(batch, capacity), DType.I32);
    counts = arena.zeros(Shape.of(batch), DType.I32);
    boxValues = new float[batch * capacity * 4];
    labelValues = new int[batch * capacity];
    countValues = new int[batch];
  }

  /** Uploads the objects of each sample, as its plan moved them. */
  void upload(List<SamplePlan> plans) {
    for (int n = 0; n < plans.size(); n++) {
      List<SamplePlan.Target> targets = plans.get(n).targets();
      if (targets.size() > capacity) {
        throw new IllegalArgumentException(
            "ground truth: an image had %d objects, the run was planned for %d"
                .formatted(targets.size(), capacity));
      }
      for (int i = 0; i < targets.size(); i++) {
        put(n * capacity + i, targets.get(i));
      }
      countValues[n] = targets.size();
    }
    backend.send(boxValues, boxes);
    backend.send(labelValues, labels);
    backend.send(countValues, counts);
  }

  private void put(int index, SamplePlan.Target target) {
    labelValues[index] = target.label();
    boxValues[4 * index] = target.xmin();
    boxValues[4 * index + 1] = target.ymin();
    boxValues[4 * index + 2] = target.xmax();
    boxValues[4 * index + 3] = target.ymax();
  }

  Tensor boxes() {
    return boxes;
  }

  Tensor labels() {
    return labels;
  }

  Tensor counts() {
    return counts;
  }
}
