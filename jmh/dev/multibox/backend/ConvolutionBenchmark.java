package dev.multibox.backend;

import dev.multibox.tensor.DType;
import dev.multibox.tensor.Tensor;
import dev.multibox.tensor.TensorArena;
import java.util.List;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;

/** Convolution with bias or batch norm and ReLU behind it, and its two gradients. */
@SuppressWarnings("NullAway.Init")
public class ConvolutionBenchmark extends OpBenchmark {
  private static final String SMALL = "2 9 10 32 48 3 2 1 1";

  /** Sums of hundreds of products in another order, and one rounding to F16. */
  private static final double F32 = 1e-5;

  private static final double F16 = 2e-3;

  /** {@code N H W C K R stride pad groups}: a square filter of {@code R x R} taps. */
  @Param({
    "4 75 75 64 128 3 1 1 1",
    "16 96 96 32 64 3 2 1 1",
    "16 48 48 64 64 3 1 1 1",
    "16 12 12 128 128 3 1 1 1",
    "4 19 19 1024 1024 1 1 0 1",
    "4 300 300 3 64 3 1 1 1",
    "16 20 20 672 672 3 1 1 672",
    "16 40 40 120 120 5 1 2 120"
  })
  private String shape = "";

  /** What the tensors are stored in; F16 is what tensor cores take. */
  @Param("F32")
  private DType type = DType.F32;

  private ConvolutionProblem problem;

  @Override
  Tensor setUp() {
    checkAgainstTheDirectLoops();
    problem = new ConvolutionProblem(backend(), random(), shape, type);
    return problem.largest();
  }

  private void checkAgainstTheDirectLoops() {
    List<float[]> actual = results(backend(), arena());
    try (Backend direct = BenchmarkDevice.open("cpu-direct");
        TensorArena host = direct.newArena()) {
      List<float[]> expected = results(direct, host);
      for (int i = 0; i < expected.size(); i++) {
        requireClose(actual.get(i), expected.get(i));
      }
    }
  }

  private List<float[]> results(Backend backend, TensorArena arena) {
    RandomTensors tensors = new RandomTensors(backend, arena);
    return new ConvolutionProblem(backend, tensors, SMALL, type).results();
  }

  private void requireClose(float[] actual, float[] expected) {
    double largest = 0;
    double difference = 0;
    for (int i = 0; i < expected.length; i++) {
      largest = Math.max(largest, Math.abs(expected[i]));
      difference = Math.max(difference, Math.abs(actual[i] - expected[i]));
    }
    require(
        largest > 0 && difference <= (type == DType.F32 ? F32 : F16) * largest,
        "differs from the direct loops by %s of %s".formatted(difference, largest));
  }

  private void time(Traffic traffic, Arithmetic arithmetic, Runnable pass) {
    time(traffic, problem.bytes(), pass);
    arithmetic.add(CALLS * problem.flops());
  }

  @Benchmark
  public void forward(Traffic traffic, Arithmetic arithmetic) {
    time(traffic, arithmetic, problem::forward);
  }

  @Benchmark
  public void forwardNormalised(Traffic traffic, Arithmetic arithmetic) {
    time(traffic, arithmetic, problem::forwardNormalised);
  }

  @Benchmark
  public void backwardData(Traffic traffic, Arithmetic arithmetic) {
    time(traffic, arithmetic, problem::backwardData);
  }

  @Benchmark
  public void backwardFilter(Traffic traffic, Arithmetic arithmetic) {
    time(traffic, arithmetic, problem::backwardFilter);
  }
}
