package dev.multibox.backend;

import dev.multibox.tensor.DType;
import dev.multibox.tensor.Shape;
import dev.multibox.tensor.Tensor;
import java.util.List;
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

/** Milliseconds of SSD's loss and of its gradient at 8732 priors and 21 classes. */
@BenchmarkMode(Mode.SampleTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(value = 1, jvmArgsAppend = "--enable-native-access=ALL-UNNAMED")
@State(Scope.Benchmark)
public class LossBenchmark {
  @Param({"1", "8", "32"})
  public int batch = 1;

  @SuppressWarnings("NullAway.Init")
  private DetectionProblem problem;

  @SuppressWarnings("NullAway.Init")
  private Tensor priorLosses;

  @SuppressWarnings("NullAway.Init")
  private Tensor selected;

  @SuppressWarnings("NullAway.Init")
  private Tensor weights;

  @SuppressWarnings("NullAway.Init")
  private Tensor losses;

  @SuppressWarnings("NullAway.Init")
  private Tensor one;

  private List<Gradient> gradients = List.of();

  @Setup
  public void open() {
    problem = new DetectionProblem(batch);
    Shape perPrior = problem.classTargets.shape();
    priorLosses = problem.arena.allocate(perPrior, DType.F32);
    selected = problem.arena.allocate(perPrior, DType.U8);
    weights = problem.arena.allocate(Shape.of(batch), DType.F32);
    losses = problem.arena.allocate(Shape.of(3), DType.F32);
    one = problem.arena.allocate(Shape.of(1), DType.F32);
    problem.backend.upload(new float[] {1}, one);
    gradients =
        problem.heads.levels().stream()
            .map(level -> Gradient.overwrite(problem.arena.allocate(level.shape(), DType.F32)))
            .toList();
    forward();
    float[] values = problem.backend.floats(losses);
    DetectionProblem.require(values[1] > 0 && values[2] > 0 && Float.isFinite(values[0]));
    backward();
    checkGradient();
  }

  /** Every row of the class gradient sums to zero, as softmax less one-hot does. */
  private void checkGradient() {
    float[] gradient = problem.backend.floats(gradients.getFirst().tensor());
    double size = 0;
    for (int cell = 0;
        cell < gradient.length;
        cell += problem.heads.layouts().getFirst().channels()) {
      double sum = 0;
      for (int k = 0; k < problem.heads.classes(); k++) {
        sum += gradient[cell + k];
        size += Math.abs(gradient[cell + k]);
      }
      DetectionProblem.require(Math.abs(sum) < 1e-6);
    }
    DetectionProblem.require(size > 0);
  }

  @TearDown
  public void close() {
    problem.close();
  }

  @Benchmark
  public void forward() {
    problem
        .backend
        .loss()
        .multibox(
            problem.heads,
            problem.classTargets,
            problem.offsetTargets,
            LossParams.torchvision(),
            priorLosses,
            selected,
            weights,
            losses);
  }

  @Benchmark
  public void backward() {
    problem
        .backend
        .loss()
        .multiboxBackward(
            problem.heads,
            problem.classTargets,
            problem.offsetTargets,
            LossParams.torchvision(),
            selected,
            weights,
            one,
            gradients);
  }
}
