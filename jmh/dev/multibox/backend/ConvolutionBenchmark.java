package dev.multibox.backend;

import dev.multibox.backend.cpu.CpuBackend;
import dev.multibox.backend.cpu.CpuConvolution;
import dev.multibox.tensor.DType;
import dev.multibox.tensor.Shape;
import dev.multibox.tensor.Tensor;
import dev.multibox.tensor.TensorArena;
import java.util.Arrays;
import java.util.SplittableRandom;
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

/** Milliseconds of one convolution and of its two gradients on the CPU, every core working. */
@BenchmarkMode(Mode.SampleTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(value = 1, jvmArgsAppend = "--enable-native-access=ALL-UNNAMED")
@State(Scope.Benchmark)
public class ConvolutionBenchmark {
  private static final double TOLERANCE = 1e-5;

  /** {@code N H W C K R stride pad}: a square filter of {@code R x R} taps. */
  @Param({
    "4 75 75 64 128 3 1 1",
    "16 96 96 32 64 3 2 1",
    "16 48 48 64 64 3 1 1",
    "16 12 12 128 128 3 1 1",
    "4 19 19 1024 1024 1 1 0",
    "4 300 300 3 64 3 1 1"
  })
  public String shape = "";

  /** The direct loops take seconds on most shapes: name a small one with them. */
  @Param("ONEDNN")
  public CpuConvolution convolution = CpuConvolution.ONEDNN;

  @SuppressWarnings("NullAway.Init")
  private Convolution measured;

  /** A convolution with its tensors. */
  private static final class Convolution implements AutoCloseable {
    final Backend backend;
    final TensorArena arena;
    final ConvolutionParams params;
    final Tensor x;
    final Tensor filter;
    final Tensor bias;
    final Tensor out;
    final Tensor dx;
    final Tensor dFilter;

    Convolution(CpuConvolution convolution, String numbers) {
      long[] n = Arrays.stream(numbers.split(" ")).mapToLong(Long::parseLong).toArray();
      backend = CpuBackend.open(Runtime.getRuntime().availableProcessors(), convolution);
      arena = backend.newArena();
      params = ConvolutionParams.of((int) n[6], (int) n[7]);
      x = random(1, Shape.of(n[0], n[1], n[2], n[3]));
      filter = random(2, Shape.of(n[4], n[5], n[5], n[3]));
      bias = random(3, Shape.of(n[4]));
      out = random(4, params.outputShape(x.shape(), filter.shape()));
      dx = random(5, x.shape());
      dFilter = random(6, filter.shape());
    }

    private Tensor random(long seed, Shape shape) {
      SplittableRandom random = new SplittableRandom(seed);
      float[] values = new float[Math.toIntExact(shape.size())];
      for (int i = 0; i < values.length; i++) {
        values[i] = random.nextFloat(-1, 1);
      }
      Tensor tensor = arena.allocate(shape, DType.F32);
      backend.upload(values, tensor);
      return tensor;
    }

    void forward() {
      backend.convolution().forward(x, filter, bias, Activation.RELU, params, out);
    }

    void backwardData() {
      backend.convolution().backwardData(out, filter, params, Gradient.overwrite(dx));
    }

    void backwardFilter() {
      backend.convolution().backwardFilter(x, out, params, Gradient.overwrite(dFilter));
    }

    @Override
    public void close() {
      arena.close();
      backend.close();
    }
  }

  @Setup
  public void open() {
    checkAgainstTheDirectLoops();
    measured = new Convolution(convolution, shape);
  }

  private void checkAgainstTheDirectLoops() {
    String small = "2 9 10 32 48 3 2 1";
    try (Convolution actual = new Convolution(convolution, small);
        Convolution expected = new Convolution(CpuConvolution.DIRECT, small)) {
      for (Convolution each : new Convolution[] {actual, expected}) {
        each.forward();
        each.backwardData();
        each.backwardFilter();
      }
      requireClose(actual.backend.floats(actual.out), expected.backend.floats(expected.out));
      requireClose(actual.backend.floats(actual.dx), expected.backend.floats(expected.dx));
      requireClose(
          actual.backend.floats(actual.dFilter), expected.backend.floats(expected.dFilter));
    }
  }

  private static void requireClose(float[] actual, float[] expected) {
    double largest = 0;
    double difference = 0;
    for (int i = 0; i < expected.length; i++) {
      largest = Math.max(largest, Math.abs(expected[i]));
      difference = Math.max(difference, Math.abs(actual[i] - expected[i]));
    }
    if (!(largest > 0 && difference <= TOLERANCE * largest)) {
      throw new IllegalStateException("differs by %s of %s".formatted(difference, largest));
    }
  }

  @TearDown
  public void close() {
    measured.close();
  }

  @Benchmark
  public void forward() {
    measured.forward();
  }

  @Benchmark
  public void backwardData() {
    measured.backwardData();
  }

  @Benchmark
  public void backwardFilter() {
    measured.backwardFilter();
  }
}
