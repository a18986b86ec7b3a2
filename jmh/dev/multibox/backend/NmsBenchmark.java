package dev.multibox.backend;

import dev.multibox.tensor.DType;
import dev.multibox.tensor.Shape;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** Milliseconds from head outputs to detections at 8732 priors and 21 classes. */
@BenchmarkMode(Mode.SampleTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(value = 1, jvmArgsAppend = "--enable-native-access=ALL-UNNAMED")
@State(Scope.Benchmark)
public class NmsBenchmark {
  @Param({"1", "8", "32"})
  public int batch = 1;

  @SuppressWarnings("NullAway.Init")
  private DetectionProblem problem;

  @SuppressWarnings("NullAway.Init")
  private Detections detections;

  @Setup
  public void open() {
    problem = new DetectionProblem(batch);
    int capacity = NmsParams.torchvision().capacity(problem.heads.classes());
    detections =
        new Detections(
            problem.arena.allocate(Shape.of(batch, capacity, 4), DType.F32),
            problem.arena.allocate(Shape.of(batch, capacity), DType.F32),
            problem.arena.allocate(Shape.of(batch, capacity), DType.I32),
            problem.arena.allocate(Shape.of(batch), DType.I32));
    detect();
    float[] scores = problem.backend.floats(detections.scores());
    for (int i = 1; i < capacity; i++) {
      DetectionProblem.require(scores[i - 1] >= scores[i] && scores[i] > 0.01f);
    }
  }

  @TearDown
  public void close() {
    problem.close();
  }

  @Benchmark
  public void detect() {
    problem
        .backend
        .nms()
        .detect(
            problem.heads,
            problem.priors,
            BoxCoding.torchvision(),
            NmsParams.torchvision(),
            1,
            1,
            detections);
  }
}
