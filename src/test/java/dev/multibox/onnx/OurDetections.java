package dev.multibox.onnx;

import dev.multibox.Tensors;
import dev.multibox.backend.Backend;
import dev.multibox.backend.BoxCoding;
import dev.multibox.backend.Detections;
import dev.multibox.backend.HeadOutputs;
import dev.multibox.backend.NmsParams;
import dev.multibox.backend.Priors;
import dev.multibox.model.Detection;
import dev.multibox.tensor.TensorArena;
import java.util.ArrayList;
import java.util.List;

/** What our own end of inference finds. */
final class OurDetections {
  private OurDetections() {}

  /** Image by image. */
  static List<List<Detection>> of(
      Backend backend, HeadOutputs heads, Priors priors, BoxCoding coding, NmsParams params) {
    try (TensorArena arena = backend.newArena()) {
      Tensors tensors = new Tensors(backend, arena);
      int batch = heads.batch();
      int capacity = params.capacity(heads.classes());
      Detections out = tensors.detections(batch, capacity);
      backend.nms().detect(heads, priors, coding, params, 1, 1, out);
      return lists(backend, out, capacity);
    }
  }

  private static List<List<Detection>> lists(Backend backend, Detections out, int capacity) {
    float[] boxes = backend.floats(out.boxes());
    float[] scores = backend.floats(out.scores());
    int[] labels = backend.ints(out.labels());
    List<List<Detection>> lists = new ArrayList<>();
    for (int count : backend.ints(out.counts())) {
      List<Detection> ofImage = new ArrayList<>();
      int first = lists.size() * capacity;
      for (int i = first; i < first + count; i++) {
        int box = 4 * i;
        ofImage.add(
            new Detection(
                labels[i], scores[i], boxes[box], boxes[box + 1], boxes[box + 2], boxes[box + 3]));
      }
      lists.add(ofImage);
    }
    return lists;
  }
}
