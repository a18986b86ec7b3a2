package dev.multibox.backend.cuda.sim;

import dev.multibox.backend.cuda.driver.Launch;
import java.lang.management.ManagementFactory;
import java.util.Locale;
import java.util.Random;

/**
 * Prints how fast kernels are simulated, in millions of lane instructions a second: by the clock on
 * the wall, and by the processor's time of all threads, which says what one core does even on a
 * busy machine. A program, not a test.
 */
final class SimulationTimer {
  private static final int COUNT = 1 << 20;
  private static final int ROUNDS = 8;
  private static final double MILLION = 1e6;
  private static final double NANOS = 1e9;

  private final SimulatedGpu gpu = SimulatedGpu.open(1);

  private SimulationTimer() {}

  @SuppressWarnings("SystemOut")
  public static void main(String[] args) {
    SimulationTimer timer = new SimulationTimer();
    timer.timeAll();
    timer.gpu.close();
  }

  private void timeAll() {
    float[] values = new float[COUNT];
    short[] halves = new short[COUNT];
    int[] small = new int[COUNT];
    byte[] bytes = new byte[COUNT];
    Random random = new Random(1);
    random.nextBytes(bytes);
    for (int i = 0; i < COUNT; i++) {
      values[i] = random.nextFloat();
      halves[i] = Float.floatToFloat16(values[i]);
      small[i] = 1 + random.nextInt(1000);
    }
    long x = gpu.floats(values);
    long y = gpu.floats(values);
    long hx = gpu.shorts(halves);
    long hy = gpu.shorts(halves);
    long ints = gpu.ints(small);
    long out = gpu.empty(4 * COUNT);
    Launch add = gpu.launch("faults/host", "add").grid(COUNT / 256).block(256);
    time("elementwise, F32", "add", () -> add.arg(x).arg(out).arg(COUNT));
    Launch half = gpu.launch("kernels/half", "axpy_float").grid(COUNT / 256).block(256);
    time("elementwise, F16", "axpy_float", () -> half.arg(2f).arg(hx).arg(hy).arg(COUNT));
    Launch pairs = gpu.launch("kernels/half", "axpy_pairs").grid(COUNT / 512).block(256);
    time(
        "elementwise, pairs of F16",
        "axpy_pairs",
        () -> pairs.arg(2f).arg(hx).arg(hy).arg(COUNT / 2));
    Launch sum = gpu.launch("kernels/reduce", "sum_tree").grid(COUNT / 256).block(256).shared(1024);
    time("reduction in shared memory", "sum_tree", () -> sum.arg(x).arg(out).arg(COUNT));
    Launch product = gpu.launch("kernels/matmul", "matmul").grid(16, 16, 1).block(16, 16, 1);
    time(
        "tiled matrix product",
        "matmul",
        () -> product.arg(x).arg(y).arg(out).arg(256).arg(256).arg(256));
    Launch bins = gpu.launch("kernels/histogram", "histogram").grid(64).block(256);
    long counts = gpu.ints(new int[256]);
    long data = gpu.bytes(bytes);
    time("atomic operations", "histogram", () -> bins.arg(data).arg(counts).arg(COUNT / 4));
    Launch loop = gpu.launch("kernels/control", "collatz").grid(COUNT / 2048).block(256);
    time("divergent loops", "collatz", () -> loop.arg(ints).arg(out));
  }

  /** A launch with its arguments set. */
  @FunctionalInterface
  private interface Prepared {
    Launch launch();
  }

  @SuppressWarnings("SystemOut")
  private void time(String what, String kernel, Prepared prepared) {
    com.sun.management.OperatingSystemMXBean system =
        (com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
    double wall = 0;
    double cpu = 0;
    for (int round = 0; round < ROUNDS; round++) {
      long before = gpu.driver().counters(kernel).laneInstructions;
      long cpuStart = system.getProcessCpuTime();
      long start = System.nanoTime();
      gpu.run(prepared.launch());
      double instructions = (gpu.driver().counters(kernel).laneInstructions - before) / MILLION;
      wall = Math.max(wall, instructions * NANOS / (System.nanoTime() - start));
      cpu = Math.max(cpu, instructions * NANOS / (system.getProcessCpuTime() - cpuStart));
    }
    System.out.printf(
        Locale.ROOT, "%-28s %6.0f M lane instructions/s, %6.0f a core%n", what, wall, cpu);
  }
}
