package dev.multibox.backend;

import dev.multibox.tensor.DType;
import dev.multibox.tensor.Shape;
import dev.multibox.tensor.Tensor;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;

/** From head outputs of 8732 priors and 21 classes to detections, and suppression by itself. */
@SuppressWarnings("NullAway.Init")
public class NmsBenchmark extends OpBenchmark {
  /** Boxes that are suppressed by themselves, the most candidates a class has in torchvision. */
  private static final int CANDIDATES = 400;

  @Param({"1", "8", "32"})
  private int batch;

  /** What the head outputs are stored in. */
  @Param({"F32", "F16"})
  private DType type = DType.F32;

  private NmsKernels kernels;
  private DetectionProblem problem;
  private Detections detections;
  private Tensor boxes;
  private Tensor scores;
  private Tensor keep;
  private Tensor count;

  @Override
  Tensor setUp() {
    kernels = backend().nms();
    problem = new DetectionProblem(backend(), arena(), batch, type);
    int capacity = NmsParams.torchvision().capacity(DetectionProblem.CLASSES);
    detections =
        new Detections(
            arena().zeros(Shape.of(batch, capacity, 4), DType.F32),
            arena().zeros(Shape.of(batch, capacity), DType.F32),
            arena().zeros(Shape.of(batch, capacity), DType.I32),
            arena().zeros(Shape.of(batch), DType.I32));
    boxes = problem.priors.corners().slice(0, Shape.of(CANDIDATES, 4));
    scores = random().of(Shape.of(CANDIDATES));
    keep = arena().zeros(scores.shape(), DType.I32);
    count = arena().zeros(Shape.of(1), DType.I32);
    runDetect();
    float[] found = backend().floats(detections.scores());
    for (int i = 1; i < capacity; i++) {
      require(found[i - 1] >= found[i] && found[i] > 0.01f, "detect: scores do not descend");
    }
    return problem.heads.levels().getFirst();
  }

  private void runDetect() {
    kernels.detect(
        problem.heads,
        problem.priors,
        BoxCoding.torchvision(),
        NmsParams.torchvision(),
        1,
        1,
        detections);
  }

  @Benchmark
  public void nms(Traffic traffic) {
    NmsParams params = NmsParams.torchvision();
    time(
        traffic,
        boxes.bytes() + scores.bytes() + keep.bytes(),
        () -> kernels.nms(boxes, scores, params.iouThreshold(), params.overlap(), keep, count));
  }

  @Benchmark
  public void detect(Traffic traffic) {
    long written =
        detections.boxes().bytes() + detections.scores().bytes() + detections.labels().bytes();
    time(traffic, problem.headBytes() + written, this::runDetect);
  }
}
