package dev.multibox.backend.cuda.sim;

import static org.assertj.core.api.Assertions.assertThat;

import dev.multibox.backend.cuda.driver.Launch;
import java.util.Arrays;
import java.util.Random;
import java.util.function.Consumer;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Kernels that a reader would try, from outside of this project's needs, with known answers. */
class KernelTest {
  private static final int SEEDS = 3;

  private static void overSeeds(Consumer<SimulatedGpu> body) {
    SimulatedDriver.overSeeds(SEEDS, driver -> body.accept(SimulatedGpu.of(driver)));
  }

  private static int[] ints(int count, int bound) {
    return new Random(count).ints(count, 0, bound).toArray();
  }

  /** Small integers, whose sums are exact in any order. */
  private static float[] integers(int count) {
    float[] values = new float[count];
    int[] random = ints(count, 100);
    for (int i = 0; i < count; i++) {
      values[i] = random[i];
    }
    return values;
  }

  private static float sum(float[] values) {
    float sum = 0;
    for (float value : values) {
      sum += value;
    }
    return sum;
  }

  @Test
  void sumsByATreeInSharedMemory() {
    float[] x = integers(1000);
    overSeeds(gpu -> {
      long y = gpu.empty(16);
      Launch launch = gpu.launch("kernels/reduce", "sum_tree").grid(4).block(256).shared(1024);
      gpu.run(launch.arg(gpu.floats(x)).arg(y).arg(1000));
      assertThat(sum(gpu.floats(y, 4))).isEqualTo(sum(x));
    });
  }

  @Test
  void sumsByShufflesAndAtomics() {
    float[] x = integers(10_000);
    overSeeds(gpu -> {
      long y = gpu.floats(0);
      Launch launch = gpu.launch("kernels/reduce", "sum_shuffle").grid(5).block(192);
      gpu.run(launch.arg(gpu.floats(x)).arg(y).arg(10_000));
      assertThat(gpu.floats(y, 1)).containsExactly(sum(x));
    });
  }

  @Test
  void sumsWithTheLastBlockAddingUp() {
    float[] x = integers(3000);
    overSeeds(gpu -> {
      long y = gpu.empty(4);
      Launch launch = gpu.launch("kernels/reduce", "sum_last_block").grid(24).block(128);
      // Twice, since the counter wraps by itself.
      for (int i = 0; i < 2; i++) {
        gpu.run(launch.arg(gpu.floats(x)).arg(gpu.empty(96)).arg(y).arg(3000));
        assertThat(gpu.floats(y, 1)).containsExactly(sum(x));
      }
    });
  }

  @Test
  void scans() {
    int[] x = ints(512, 50);
    int[] inclusive = x.clone();
    Arrays.parallelPrefix(inclusive, Integer::sum);
    overSeeds(gpu -> {
      long y = gpu.empty(2048);
      gpu.run(
          gpu.launch("kernels/scan", "scan_inclusive")
              .block(512)
              .shared(4096)
              .arg(gpu.ints(x))
              .arg(y)
              .arg(500));
      assertThat(gpu.ints(y, 500)).isEqualTo(Arrays.copyOf(inclusive, 500));
      gpu.run(gpu.launch("kernels/scan", "scan_exclusive").block(256).arg(gpu.ints(x)).arg(y));
      int[] exclusive = gpu.ints(y, 512);
      assertThat(exclusive[0]).isZero();
      assertThat(Arrays.copyOfRange(exclusive, 1, 512)).isEqualTo(Arrays.copyOf(inclusive, 511));
    });
  }

  @Test
  void counts() {
    byte[] x = new byte[5000];
    new Random(1).nextBytes(x);
    int[] expected = new int[256];
    for (byte value : x) {
      expected[value & 255]++;
    }
    overSeeds(gpu -> {
      long bins = gpu.ints(new int[256]);
      Launch launch = gpu.launch("kernels/histogram", "histogram").grid(3).block(256);
      gpu.run(launch.arg(gpu.bytes(x)).arg(bins).arg(5000));
      assertThat(gpu.ints(bins, 256)).isEqualTo(expected);
    });
  }

  @Test
  void multipliesMatrices() {
    int m = 37;
    int n = 50;
    int k = 29;
    float[] a = integers(m * k);
    float[] b = integers(k * n);
    float[] expected = new float[m * n];
    for (int i = 0; i < m * n; i++) {
      for (int j = 0; j < k; j++) {
        expected[i] += a[i / n * k + j] * b[j * n + i % n];
      }
    }
    overSeeds(gpu -> {
      long c = gpu.empty(4L * m * n);
      Launch launch = gpu.launch("kernels/matmul", "matmul").grid(4, 3, 1).block(16, 16, 1);
      gpu.run(launch.arg(gpu.floats(a)).arg(gpu.floats(b)).arg(c).arg(m).arg(n).arg(k));
      assertThat(gpu.floats(c, m * n)).isEqualTo(expected);
    });
  }

  @Test
  void sortsABlock() {
    int[] x = new Random(3).ints(1024).toArray();
    int[] sorted = IntStream.of(x).map(v -> v ^ Integer.MIN_VALUE).sorted().toArray();
    Arrays.setAll(sorted, i -> sorted[i] ^ Integer.MIN_VALUE);
    overSeeds(gpu -> {
      long keys = gpu.ints(x);
      gpu.run(gpu.launch("kernels/sort", "sort").block(1024).shared(4096).arg(keys));
      assertThat(gpu.ints(keys, 1024)).isEqualTo(sorted);
    });
  }

  @Test
  void computesInF16() {
    short[] x = new short[1000];
    short[] y = new short[1000];
    Random random = new Random(4);
    for (int i = 0; i < x.length; i++) {
      x[i] = Float.floatToFloat16(random.nextFloat() * 100 - 50);
      y[i] = Float.floatToFloat16(random.nextFloat() * 100 - 50);
    }
    float a = 1.5f;
    short[] byFloat = new short[1000];
    short[] byPairs = new short[1000];
    for (int i = 0; i < x.length; i++) {
      float xi = Float.float16ToFloat(x[i]);
      float yi = Float.float16ToFloat(y[i]);
      byFloat[i] = Float.floatToFloat16(a * xi + yi);
      // 1.5 x has 13 bits, so that the exact sum fits a float.
      byPairs[i] = Float.floatToFloat16(Math.fma(a, xi, yi));
    }
    overSeeds(gpu -> {
      long to = gpu.shorts(y);
      Launch one = gpu.launch("kernels/half", "axpy_float").grid(4).block(256);
      gpu.run(one.arg(a).arg(gpu.shorts(x)).arg(to).arg(1000));
      assertThat(gpu.shorts(to, 1000)).isEqualTo(byFloat);
      long pairs = gpu.shorts(y);
      Launch two = gpu.launch("kernels/half", "axpy_pairs").grid(2).block(256);
      gpu.run(two.arg(a).arg(gpu.shorts(x)).arg(pairs).arg(500));
      assertThat(gpu.shorts(pairs, 1000)).isEqualTo(byPairs);
    });
  }

  @Test
  void votesAndMatches() {
    int[] x = ints(32, 8);
    int[] expected = new int[192];
    boolean same = Arrays.stream(x).distinct().count() == 1;
    for (int lane = 0; lane < 32; lane++) {
      int own = lane;
      expected[6 * lane] = mask(i -> x[i] > 3);
      expected[6 * lane + 1] = mask(i -> x[i] == 7) != 0 ? 1 : 0;
      expected[6 * lane + 2] = 1;
      expected[6 * lane + 3] = mask(i -> x[i] == x[own]);
      expected[6 * lane + 4] = same ? -1 : 0;
      expected[6 * lane + 5] = same ? 1 : 0;
    }
    overSeeds(gpu -> {
      long y = gpu.empty(768);
      gpu.run(gpu.launch("kernels/warp", "votes").block(32).arg(gpu.ints(x)).arg(y));
      assertThat(gpu.ints(y, 192)).isEqualTo(expected);
    });
  }

  private static int mask(IntPredicate holds) {
    int mask = 0;
    for (int lane = 0; lane < 32; lane++) {
      mask |= holds.test(lane) ? 1 << lane : 0;
    }
    return mask;
  }

  @Test
  void compactsWithWhateverLanesCome() {
    int[] x = IntStream.range(0, 300).map(i -> i * 7 % 11 < 5 ? i + 1 : 0).toArray();
    int[] expected = IntStream.of(x).filter(v -> v > 0).toArray();
    overSeeds(gpu -> {
      long count = gpu.ints(0);
      long y = gpu.ints(new int[300]);
      Launch launch = gpu.launch("kernels/warp", "compact").grid(3).block(128);
      gpu.run(launch.arg(gpu.ints(x)).arg(count).arg(y).arg(300));
      assertThat(gpu.ints(count, 1)).containsExactly(expected.length);
      // The order is the schedule's, the elements are not.
      int[] found = Arrays.copyOf(gpu.ints(y, 300), expected.length);
      assertThat(IntStream.of(found).sorted().toArray()).isEqualTo(expected);
    });
  }

  @Test
  void addsUpTilesAndKeys() {
    int[] x = ints(64, 1000);
    int[] tiles = new int[64];
    Arrays.setAll(tiles, i -> IntStream.range(0, 4).map(j -> x[(i & ~3) + j]).sum());
    int[] keys = ints(32, 5);
    int[] byKey = new int[32];
    for (int lane = 0; lane < 32; lane++) {
      int key = keys[lane];
      boolean leads = IntStream.range(0, lane).noneMatch(i -> keys[i] == key);
      byKey[lane] =
          leads ? IntStream.range(0, 32).filter(i -> keys[i] == key).map(i -> x[i]).sum() : 0;
    }
    overSeeds(gpu -> {
      long y = gpu.empty(256);
      gpu.run(gpu.launch("kernels/warp", "tiles").block(64).arg(gpu.ints(x)).arg(y));
      assertThat(gpu.ints(y, 64)).isEqualTo(tiles);
      long sums = gpu.empty(128);
      gpu.run(
          gpu.launch("kernels/warp", "by_key")
              .block(32)
              .arg(gpu.ints(keys))
              .arg(gpu.ints(x))
              .arg(sums));
      assertThat(gpu.ints(sums, 32)).isEqualTo(byKey);
    });
  }
}
