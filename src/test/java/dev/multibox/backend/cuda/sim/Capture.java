package dev.multibox.backend.cuda.sim;

import java.util.BitSet;
import java.util.HashSet;
import java.util.Set;

/** A capture in progress: the graph so far, and the streams that take part. */
final class Capture {
  private final GraphWork graph = new GraphWork();
  private final SimulatedStream origin;
  private final Set<SimulatedStream> streams = new HashSet<>();

  Capture(SimulatedStream origin) {
    this.origin = origin;
    streams.add(origin);
  }

  GraphWork graph() {
    return graph;
  }

  /** Lets another stream take part. */
  void add(SimulatedStream stream) {
    streams.add(stream);
  }

  /** Adds work after what {@code before} counts, and counts it there. */
  void add(Work work, BitSet before) {
    before.set(graph.add(work, before));
  }

  /** Whether everything captured precedes what the first stream would do next. */
  boolean isJoined() {
    return origin.captured().cardinality() == graph.pieces();
  }

  /** Ends it for all streams. */
  void end() {
    streams.forEach(SimulatedStream::endCapture);
  }
}
