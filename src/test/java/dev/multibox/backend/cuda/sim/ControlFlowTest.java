package dev.multibox.backend.cuda.sim;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Branches, loops, calls and locks, whose lanes part and come together again. */
class ControlFlowTest {
  private static final int SEEDS = 5;

  private static void overSeeds(Consumer<SimulatedGpu> body) {
    SimulatedDriver.overSeeds(SEEDS, driver -> body.accept(SimulatedGpu.of(driver)));
  }

  private static float[] eighths(int count) {
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = 1 + i / 64f;
    }
    return values;
  }

  @Test
  void choosesAmongCases() {
    int[] x = IntStream.range(0, 64).map(i -> i % 11).toArray();
    int[] before = new int[64];
    Arrays.fill(before, -1);
    int[] expected = new int[64];
    Arrays.setAll(expected, i -> chosen(x, x[i]));
    overSeeds(gpu -> {
      long y = gpu.ints(before);
      gpu.run(gpu.launch("kernels/control", "choose").block(64).arg(gpu.ints(x)).arg(y));
      assertThat(gpu.ints(y, 64)).isEqualTo(expected);
    });
  }

  private static int chosen(int[] x, int v) {
    return switch (v) {
      case 0 -> x[1] + 7;
      case 1 -> x[2] * 3;
      case 2 -> (v ^ x[3]) - x[4];
      case 3 -> v - x[4];
      case 5 -> v % (x[5] + 3);
      case 8 -> -v;
      case 9 -> -1;
      default -> 99;
    };
  }

  private static float power(float a, int n) {
    float p = 1;
    for (int i = 0; i < n; i++) {
      p *= a;
    }
    return p;
  }

  @Test
  void callsFunctionsWithStructures() {
    float[] x = eighths(32);
    float[] expected = new float[32];
    for (int t = 0; t < 32; t++) {
      float a = x[t];
      int[] n = {t % 3, t, 1};
      if (t % 2 == 1) {
        n[t % 3] += t;
        a = power(a, n[0]);
      }
      expected[t] = power(a, 2) + n[t % 3];
    }
    overSeeds(gpu -> {
      long y = gpu.empty(128);
      gpu.run(gpu.launch("kernels/control", "call").block(32).arg(gpu.floats(x)).arg(y));
      assertThat(gpu.floats(y, 32)).isEqualTo(expected);
    });
  }

  @Test
  void callsThroughPointers() {
    float[] x = eighths(32);
    float[] expected = new float[32];
    for (int t = 0; t < 32; t++) {
      expected[t] = t % 3 == 0 ? x[t] + 1 : t % 3 == 1 ? x[t] * 2 : 0;
    }
    overSeeds(gpu -> {
      long y = gpu.empty(128);
      gpu.run(gpu.launch("kernels/control", "call_pointer").block(32).arg(gpu.floats(x)).arg(y));
      assertThat(gpu.floats(y, 32)).isEqualTo(expected);
    });
  }

  @Test
  void goesRoundALoopAsOftenAsEachLaneNeeds() {
    int[] x = IntStream.rangeClosed(1, 100).toArray();
    int[] expected = IntStream.of(x).map(ControlFlowTest::collatz).toArray();
    overSeeds(gpu -> {
      long y = gpu.empty(400);
      gpu.run(gpu.launch("kernels/control", "collatz").block(100).arg(gpu.ints(x)).arg(y));
      assertThat(gpu.ints(y, 100)).isEqualTo(expected);
    });
  }

  /** The kernel counts halvings up to a hundred steps, then stops at the next. */
  private static int collatz(int from) {
    int steps = 0;
    for (int v = from; v != 1; steps++) {
      if (v % 2 != 0) {
        v = 3 * v + 1;
        continue;
      }
      v /= 2;
      if (steps > 100) {
        break;
      }
    }
    return steps;
  }

  @Test
  void keepsATablePerThread() {
    int[] x = IntStream.range(0, 50).map(i -> i * i).toArray();
    int[] expected = new int[32];
    for (int t = 0; t < 32; t++) {
      int[] count = new int[8];
      for (int i = 0; i < 50; i++) {
        count[(x[i] + t) & 7] += i;
      }
      expected[t] = IntStream.of(count).max().orElseThrow();
    }
    overSeeds(gpu -> {
      long y = gpu.empty(128);
      gpu.run(gpu.launch("kernels/control", "table").block(32).arg(gpu.ints(x)).arg(y).arg(50));
      assertThat(gpu.ints(y, 32)).isEqualTo(expected);
    });
  }

  @Test
  void readsAStructureByPointer() {
    int[] expected = new int[64];
    Arrays.setAll(expected, t -> t * 7 % 40 + 1000);
    overSeeds(gpu -> {
      try (Arena arena = Arena.ofConfined()) {
        MemorySegment large = arena.allocate(160, 4);
        for (int i = 0; i < 40; i++) {
          large.setAtIndex(ValueLayout.JAVA_INT, i, 1000 + i);
        }
        long y = gpu.empty(256);
        gpu.run(gpu.launch("kernels/control", "structure").block(64).arg(large).arg(y));
        assertThat(gpu.ints(y, 64)).isEqualTo(expected);
      }
    });
  }

  @Test
  void letsEachLaneOfAWarpTakeALock() {
    overSeeds(gpu -> {
      long sum = gpu.ints(0);
      gpu.run(gpu.launch("kernels/control", "locked").grid(2).block(64).arg(gpu.ints(0)).arg(sum));
      assertThat(gpu.ints(sum, 1)).containsExactly(2 * 64 * 63 / 2);
    });
  }

  @Test
  void takesSharedOrGlobalMemoryThroughOnePointer() {
    int[] x = IntStream.range(0, 64).toArray();
    overSeeds(gpu -> {
      for (int n = 3; n <= 4; n++) {
        int add = n;
        int[] expected = new int[64];
        Arrays.setAll(expected, t -> (t ^ 1) + add);
        long y = gpu.empty(512);
        gpu.run(gpu.launch("kernels/control", "generic").block(64).arg(gpu.ints(x)).arg(y).arg(n));
        assertThat(gpu.ints(y, 64)).isEqualTo(expected);
      }
    });
  }
}
