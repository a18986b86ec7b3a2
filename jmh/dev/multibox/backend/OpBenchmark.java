package dev.multibox.backend;

import dev.multibox.tensor.Tensor;
import dev.multibox.tensor.TensorArena;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * What the benchmarks of all op families share: the device, tensors on it, and the way it is timed.
 *
 * <p>Kernels of a GPU run after the call that asks for them has returned, so an invocation is
 * {@link #CALLS} calls of one op and one wait for the device; the table shows single calls. Beside
 * calls a second it shows the bytes that the op must read and write as {@code gigabytes} a second,
 * and {@link #copy}, in every class, how many gigabytes a second the same device moves when it does
 * nothing else with the largest tensor: no op whose tensors fit no cache can do better.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@OperationsPerInvocation(OpBenchmark.CALLS)
@Fork(value = 1, jvmArgsAppend = "--enable-native-access=ALL-UNNAMED")
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@SuppressWarnings("NullAway.Init")
public abstract class OpBenchmark {
  /** Calls of an op between two waits for the device. */
  static final int CALLS = 16;

  /**
   * {@code cpu}, {@code cpu-direct} where convolutions are the direct loops, {@code cuda} or {@code
   * cuda:N}.
   */
  @Param("cpu")
  private String device = "cpu";

  private Backend backend;
  private TensorArena arena;
  private RandomTensors random;
  private Tensor copied;
  private Tensor copy;

  @Setup(Level.Trial)
  public void open() {
    backend = BenchmarkDevice.open(device);
    arena = backend.newArena();
    random = new RandomTensors(backend, arena);
    copied = setUp();
    copy = arena.zeros(copied.shape(), copied.dtype());
  }

  /**
   * Makes the tensors, and requires that an op computes on them what it should.
   *
   * @return the largest tensor, whose copy is the floor
   */
  abstract Tensor setUp();

  @TearDown(Level.Trial)
  public void close() {
    arena.close();
    backend.close();
  }

  final Backend backend() {
    return backend;
  }

  final TensorArena arena() {
    return arena;
  }

  final RandomTensors random() {
    return random;
  }

  static void require(boolean correct, String otherwise) {
    if (!correct) {
      throw new IllegalStateException(otherwise);
    }
  }

  /** One invocation of an op that must move so many bytes. */
  final void time(Traffic traffic, long bytes, Runnable op) {
    for (int i = 0; i < CALLS; i++) {
      op.run();
    }
    backend.synchronize();
    traffic.add(CALLS * bytes);
  }

  @Benchmark
  public void copy(Traffic traffic) {
    time(traffic, 2 * copied.bytes(), () -> backend.convert().convert(copied, copy));
  }
}
