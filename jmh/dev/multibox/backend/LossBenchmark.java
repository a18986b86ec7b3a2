package dev.multibox.backend;

import dev.multibox.tensor.DType;
import dev.multibox.tensor.Shape;
import dev.multibox.tensor.Tensor;
import java.util.List;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;

/** SSD's loss and the losses it is made of, at 8732 priors and 21 classes. */
@SuppressWarnings("NullAway.Init")
public class LossBenchmark extends OpBenchmark {
  @Param({"1", "8", "32"})
  private int batch;

  /** What a network's outputs and their gradients are stored in. */
  @Param({"F32", "F16"})
  private DType type = DType.F32;

  private LossKernels kernels;
  private DetectionProblem problem;
  private Tensor priorLosses;
  private Tensor selected;
  private Tensor weights;
  private Tensor losses;
  private Tensor one;
  private List<Gradient> gradients;
  private Tensor logits;
  private Tensor targets;
  private Tensor perRow;
  private Tensor probabilities;
  private Gradient dLogits;
  private Tensor offsets;
  private Tensor perOffset;
  private Gradient dOffsets;

  @Override
  Tensor setUp() {
    kernels = backend().loss();
    problem = new DetectionProblem(backend(), arena(), batch, type);
    setUpMultibox();
    setUpRows();
    return probabilities;
  }

  private void setUpMultibox() {
    Shape perPrior = problem.classTargets.shape();
    priorLosses = arena().zeros(perPrior, DType.F32);
    selected = arena().zeros(perPrior, DType.U8);
    weights = arena().zeros(Shape.of(batch), DType.F32);
    losses = arena().zeros(Shape.of(3), DType.F32);
    one = random().of(Shape.of(1), new float[] {1}, DType.F32);
    gradients =
        problem.heads.levels().stream()
            .map(level -> Gradient.overwrite(arena().zeros(level.shape(), type)))
            .toList();
    runMultibox();
    float[] values = backend().floats(losses);
    require(
        values[1] > 0 && values[2] > 0 && Float.isFinite(values[0]),
        "multibox: a loss is not positive");
    runMultiboxBackward();
    requireRowsOfZeroSum();
  }

  /** Every row of the class gradient sums to zero, as softmax less one-hot does. */
  private void requireRowsOfZeroSum() {
    float[] gradient = random().values(gradients.getFirst().tensor());
    double tolerance = type == DType.F32 ? 1e-6 : 2e-3;
    double size = 0;
    int channels = problem.heads.layouts().getFirst().channels();
    for (int cell = 0; cell < gradient.length; cell += channels) {
      double sum = 0;
      for (int k = 0; k < DetectionProblem.CLASSES; k++) {
        sum += gradient[cell + k];
        size += Math.abs(gradient[cell + k]);
      }
      require(Math.abs(sum) < tolerance, "multiboxBackward: a row sums to " + sum);
    }
    require(size > 0, "multiboxBackward: the gradient is zero");
  }

  private void setUpRows() {
    Shape rows = Shape.of(problem.classTargets.size(), DetectionProblem.CLASSES);
    Shape perCoordinate = problem.offsetTargets.shape();
    logits = random().of(rows, type);
    targets = problem.classTargets.reshape(Shape.of(rows.dim(0)));
    perRow = arena().zeros(targets.shape(), DType.F32);
    probabilities = arena().zeros(rows, DType.F32);
    dLogits = Gradient.overwrite(arena().zeros(rows, type));
    offsets = random().of(perCoordinate, type);
    perOffset = problem.newOffsets();
    dOffsets = Gradient.overwrite(arena().zeros(perCoordinate, type));
  }

  private void runMultibox() {
    kernels.multibox(
        problem.heads,
        problem.classTargets,
        problem.offsetTargets,
        LossParams.torchvision(),
        priorLosses,
        selected,
        weights,
        losses);
  }

  private void runMultiboxBackward() {
    kernels.multiboxBackward(
        problem.heads,
        problem.classTargets,
        problem.offsetTargets,
        LossParams.torchvision(),
        selected,
        weights,
        one,
        gradients);
  }

  @Benchmark
  public void softmax(Traffic traffic) {
    time(
        traffic,
        logits.bytes() + probabilities.bytes(),
        () -> kernels.softmax(logits, probabilities));
  }

  @Benchmark
  public void crossEntropy(Traffic traffic) {
    time(
        traffic,
        logits.bytes() + targets.bytes() + perRow.bytes(),
        () -> kernels.crossEntropy(logits, targets, perRow));
  }

  @Benchmark
  public void crossEntropyBackward(Traffic traffic) {
    time(
        traffic,
        2 * logits.bytes() + targets.bytes() + perRow.bytes(),
        () -> kernels.crossEntropyBackward(logits, targets, perRow, dLogits));
  }

  @Benchmark
  public void smoothL1(Traffic traffic) {
    time(
        traffic,
        offsets.bytes() + 2 * perOffset.bytes(),
        () -> kernels.smoothL1(offsets, problem.offsetTargets, 1, perOffset));
  }

  @Benchmark
  public void smoothL1Backward(Traffic traffic) {
    time(
        traffic,
        2 * offsets.bytes() + 2 * perOffset.bytes(),
        () -> kernels.smoothL1Backward(offsets, problem.offsetTargets, 1, perOffset, dOffsets));
  }

  /** Of offsets only those of positives are read, which are few. */
  @Benchmark
  public void multibox(Traffic traffic) {
    time(
        traffic,
        logits.bytes() + targets.bytes() + priorLosses.bytes() + selected.bytes(),
        this::runMultibox);
  }

  /** Of head outputs only those of priors that count are read, which are few. */
  @Benchmark
  public void multiboxBackward(Traffic traffic) {
    time(
        traffic,
        problem.headBytes() + targets.bytes() + selected.bytes(),
        this::runMultiboxBackward);
  }
}
