package dev.multibox.backend;

import org.openjdk.jmh.annotations.AuxCounters;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/** Counts the bytes a benchmark must read and write, so that its table shows them per second. */
@State(Scope.Thread)
@AuxCounters(AuxCounters.Type.OPERATIONS)
public class Traffic {
  /** Bytes so far; the table shows {@code gigabytes} per unit of time. */
  private long bytes;

  @Setup(Level.Iteration)
  public void clear() {
    bytes = 0;
  }

  void add(long more) {
    bytes += more;
  }

  /** The counter; JMH divides it by the time. */
  public double gigabytes() {
    return bytes * 1e-9;
  }
}
