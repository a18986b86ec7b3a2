package dev.multibox.backend.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import dev.multibox.Tensors;
import dev.multibox.backend.BoxCoding;
import dev.multibox.backend.Detections;
import dev.multibox.backend.HeadLayout;
import dev.multibox.backend.HeadOutputs;
import dev.multibox.backend.NmsParams;
import dev.multibox.backend.Priors;
import dev.multibox.tensor.DType;
import dev.multibox.tensor.Shape;
import dev.multibox.tensor.Tensor;
import dev.multibox.tensor.TensorArena;
import java.util.List;

/** What the kernels of detection move on the first level of SSD300. */
final class TrafficDetections {
  private static final int SIDE = 38;
  private static final int PER_CELL = 4;

  private TrafficDetections() {}

  /** Every twentieth of the priors is a candidate of one class. */
  static void measure(TrafficTable table, CudaBackend backend, TensorArena arena, DType dtype) {
    int classes = 21;
    HeadLayout layout = new HeadLayout(SIDE, SIDE, PER_CELL, classes, 104, 0);
    int priors = layout.priors();
    float[] values = new float[SIDE * SIDE * layout.channels()];
    for (int p = 0; p < priors; p++) {
      int at = p / PER_CELL * layout.channels() + layout.logit(p % PER_CELL, 0);
      values[at] = 12;
      values[at + 1 + p % 5] = p % 20 < 1 ? 11 : 0;
    }
    NmsParams params = NmsParams.torchvision();
    Detections out = detect(backend, arena, dtype, layout, values, params);
    assertThat(backend.ints(out.counts())).containsExactly(200);
    long found = Math.ceilDiv(priors, 20);
    long element = dtype.bytes();
    long bits = (classes - 1) * (priors / 8L);
    table.measure(
        backend,
        "nms_score_" + TrafficTable.suffix(dtype),
        priors * (classes * element + Long.BYTES) + bits);
    // A candidate is its logit and two floats, then its offsets and its prior, then a box and
    // score.
    long perCandidate = element + 8 + 4 * element + 16 + 20;
    table.measureStreams(
        backend, "nms_suppress_" + TrafficTable.suffix(dtype), bits + found * perCandidate);
    if (dtype == DType.F32) {
      table.note(backend, "nms_gather", found * 20 + params.capacity(classes) * 24L);
    }
  }

  /** The best thousand priors are looked at, as MMDetection does. */
  static void thin(TrafficTable table, CudaBackend backend, TensorArena arena) {
    HeadLayout layout = new HeadLayout(SIDE, SIDE, PER_CELL, 3, 32, 0);
    float[] values = new float[SIDE * SIDE * layout.channels()];
    for (int i = 0; i < values.length; i++) {
      values[i] = i * 37 % 101 / 25f;
    }
    NmsParams params =
        new NmsParams(
            NmsParams.Scores.SOFTMAX,
            NmsParams.Choice.EVERY_CLASS,
            0.02f,
            1000,
            0,
            0.45f,
            NmsParams.Overlap.ABOVE,
            200,
            NmsParams.Scope.PER_IMAGE,
            NmsParams.Clip.AFTER_NMS);
    detect(backend, arena, DType.F32, layout, values, params);
    long thinned = (long) layout.priors() - params.candidatesPerLevel();
    // Each look at the scores but the first finds them in the cache.
    table.note(backend, "nms_thin", (layout.priors() + thinned) * Float.BYTES);
  }

  /** Of priors that do not overlap. */
  private static Detections detect(
      CudaBackend backend,
      TensorArena arena,
      DType dtype,
      HeadLayout layout,
      float[] values,
      NmsParams params) {
    int priors = layout.priors();
    float[] centres = new float[4 * priors];
    for (int p = 0; p < priors; p++) {
      System.arraycopy(new float[] {p, p, 1, 1}, 0, centres, 4 * p, 4);
    }
    Tensors tensors = new Tensors(backend, arena);
    Tensor level = tensors.of(dtype, Shape.of(1, SIDE, SIDE, layout.channels()), values);
    Tensor corners = tensors.floats(Shape.of(priors, 4), centres);
    Detections out = tensors.detections(1, params.capacity(layout.classes()));
    backend
        .nms()
        .detect(
            new HeadOutputs(List.of(level), List.of(layout)),
            new Priors(corners, corners),
            BoxCoding.ssd(),
            params,
            priors,
            priors,
            out);
    return out;
  }
}
