package dev.multibox.backend;

import org.openjdk.jmh.annotations.AuxCounters;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/** Counts the multiplications and additions of a benchmark, so that its table shows their rate. */
@State(Scope.Thread)
@AuxCounters(AuxCounters.Type.OPERATIONS)
public class Arithmetic {
  private long flops;

  @Setup(Level.Iteration)
  public void clear() {
    flops = 0;
  }

  void add(long more) {
    flops += more;
  }

  /** The counter; JMH divides it by the time. */
  public double gigaflops() {
    return flops * 1e-9;
  }
}
