package dev.multibox.backend.cuda.sim;

import dev.multibox.backend.cuda.sim.memory.Footprint;
import java.util.ArrayList;
import java.util.List;

/** One piece of work of a stream: a kernel, a copy, a fill, or what a library does. */
abstract class Work {
  private final String name;

  Work(String name) {
    this.name = name;
  }

  /** What messages call it. */
  String name() {
    return name;
  }

  /**
   * Does it.
   *
   * @param keep whether to return what it touched
   */
  abstract Touched run(SimulatedDriver driver, boolean keep);

  /** The pieces of a graph, or the piece itself: what its size counts. */
  int pieces() {
    return 1;
  }

  /** What a piece of work touched. */
  record Touched(String name, List<Footprint> footprints) {
    static Touched nothing(String name) {
      return new Touched(name, List.of());
    }

    /** A byte that this and other work touched without order; null if there is none. */
    Footprint.@org.jspecify.annotations.Nullable Conflict conflictWith(Touched other) {
      for (Footprint mine : footprints) {
        for (Footprint theirs : other.footprints) {
          Footprint.Conflict conflict = mine.conflictWith(theirs);
          if (conflict != null) {
            return conflict;
          }
        }
      }
      return null;
    }

    void release() {
      footprints.forEach(Footprint::release);
    }

    Touched with(Touched other) {
      List<Footprint> all = new ArrayList<>(footprints);
      all.addAll(other.footprints);
      return new Touched(name, all);
    }
  }
}
