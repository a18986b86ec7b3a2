package dev.multibox.backend.cuda.sim.instruction;

/**
 * Operations over whole rows. Each meaning is a loop of its own over 32 lanes, so that the JIT
 * compiles, and where it can vectorises, each one; under a partial mask the loop writes to a
 * scratch row, from which the lanes of the mask are taken.
 */
final class RowOps {
  private RowOps() {}

  /** 32-bit registers from 32-bit registers. */
  @FunctionalInterface
  interface Ints {
    void run(int[] d, int[] a, int[] b, int[] c);
  }

  /** 64-bit registers from 64-bit registers. */
  @FunctionalInterface
  interface Longs {
    void run(long[] d, long[] a, long[] b, long[] c);
  }

  /** 64-bit registers from a 64-bit and a 32-bit register: shifts. */
  @FunctionalInterface
  interface Shifts {
    void run(long[] d, long[] a, int[] b);
  }

  /** 64-bit registers from 32-bit factors and a 64-bit summand. */
  @FunctionalInterface
  interface Wides {
    void run(long[] d, int[] a, int[] b, long[] c);
  }

  /** 64-bit registers from 32-bit registers. */
  @FunctionalInterface
  interface Widens {
    void run(long[] d, int[] a);
  }

  /** 32-bit registers from 64-bit registers. */
  @FunctionalInterface
  interface Narrows {
    void run(int[] d, long[] a);
  }

  /** A predicate from 32-bit registers: bit i for lane i. */
  @FunctionalInterface
  interface IntTest {
    int run(int[] a, int[] b);
  }

  /** A predicate from 64-bit registers: bit i for lane i. */
  @FunctionalInterface
  interface LongTest {
    int run(long[] a, long[] b);
  }

  static Operation ints(Ints loop, int d, int a, int b, int c) {
    return (w, mask) -> {
      int[] out = w.isWhole(mask) ? w.ints[d] : w.intScratch;
      loop.run(out, w.ints[a], w.ints[b], w.ints[c]);
      w.takeInts(d, mask);
    };
  }

  static Operation longs(Longs loop, int d, int a, int b, int c) {
    return (w, mask) -> {
      long[] out = w.isWhole(mask) ? w.longs[d] : w.longScratch;
      loop.run(out, w.longs[a], w.longs[b], w.longs[c]);
      w.takeLongs(d, mask);
    };
  }

  static Operation shifts(Shifts loop, int d, int a, int b) {
    return (w, mask) -> {
      long[] out = w.isWhole(mask) ? w.longs[d] : w.longScratch;
      loop.run(out, w.longs[a], w.ints[b]);
      w.takeLongs(d, mask);
    };
  }

  static Operation wides(Wides loop, int d, int a, int b, int c) {
    return (w, mask) -> {
      long[] out = w.isWhole(mask) ? w.longs[d] : w.longScratch;
      loop.run(out, w.ints[a], w.ints[b], w.longs[c]);
      w.takeLongs(d, mask);
    };
  }

  static Operation widens(Widens loop, int d, int a) {
    return (w, mask) -> {
      long[] out = w.isWhole(mask) ? w.longs[d] : w.longScratch;
      loop.run(out, w.ints[a]);
      w.takeLongs(d, mask);
    };
  }

  static Operation narrows(Narrows loop, int d, int a) {
    return (w, mask) -> {
      int[] out = w.isWhole(mask) ? w.ints[d] : w.intScratch;
      loop.run(out, w.longs[a]);
      w.takeInts(d, mask);
    };
  }
}
