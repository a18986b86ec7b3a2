package dev.multibox.backend.cuda.sim;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Atomic operations of every type, whose outcome no order of lanes may change. */
class AtomicTest {
  private static final int THREADS = 96;

  private static void overSeeds(Consumer<SimulatedGpu> body) {
    SimulatedDriver.overSeeds(3, driver -> body.accept(SimulatedGpu.of(driver)));
  }

  @Test
  void changesIntegers() {
    overSeeds(gpu -> {
      long s = gpu.ints(0, 0, 0, 0, -1, 0, 0);
      long u = gpu.ints(0, 0, 0, -1);
      long l = gpu.longs(0, 0, 0);
      long m = gpu.longs(0);
      gpu.run(gpu.launch("kernels/atomics", "integers").block(THREADS).arg(s).arg(u).arg(l).arg(m));
      int sum = IntStream.range(0, THREADS).sum();
      int xor = IntStream.range(0, THREADS).reduce(0, (a, b) -> a ^ b);
      assertThat(gpu.ints(s, 7)).containsExactly(sum, -sum, -95, 95, ~255, -1, xor);
      // From 0 up to 9 and round: 96 is 6 beyond a multiple of ten; downwards 4.
      assertThat(gpu.ints(u, 4)).containsExactly(6, 4, 0x8000_0000 + 95, 0x8000_0000);
      assertThat(gpu.longs(l, 3))
          .containsExactly((long) THREADS << 33, 95L << 40, (long) xor << 32);
      assertThat(gpu.longs(m, 1)).containsExactly(-(95L << 33));
    });
  }

  @Test
  void addsFloats() {
    overSeeds(gpu -> {
      long f = gpu.floats(1);
      long d = gpu.doubles(2);
      long h = gpu.shorts(new short[] {0, Float.floatToFloat16(8)});
      gpu.run(gpu.launch("kernels/atomics", "floats").block(THREADS).arg(f).arg(d).arg(h));
      assertThat(gpu.floats(f, 1)).containsExactly(49);
      assertThat(gpu.doubles(d, 1)).containsExactly(26);
      assertThat(gpu.shorts(h, 2))
          .containsExactly(Float.floatToFloat16(96), Float.floatToFloat16(200));
    });
  }

  @Test
  void givesEachThreadAnotherOldValue() {
    overSeeds(gpu -> {
      long y = gpu.ints(new int[3 * THREADS]);
      gpu.run(
          gpu.launch("kernels/atomics", "tickets")
              .block(THREADS)
              .arg(gpu.ints(0))
              .arg(gpu.shorts(new short[1]))
              .arg(y));
      int[] expected = new int[3 * THREADS];
      Arrays.setAll(expected, i -> 1 + i / THREADS);
      assertThat(gpu.ints(y, 3 * THREADS)).isEqualTo(expected);
    });
  }
}
