package dev.multibox.backend.cuda.sim;

import dev.multibox.backend.cuda.sim.exec.Simulation;
import dev.multibox.backend.cuda.sim.memory.Footprint;
import dev.multibox.backend.cuda.sim.memory.RaceDetector;
import dev.multibox.backend.cuda.sim.memory.Touch;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

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

  /**
   * What a piece of work touched.
   *
   * @param runs by which the simulating threads remember a kernel; empty for other work
   */
  record Touched(String name, List<Footprint> footprints, List<RaceDetector.Runs> runs) {
    static Touched nothing(String name) {
      return new Touched(name, List.of(), List.of());
    }

    /** A byte that this and other work touched without order; null if there is none. */
    Footprint.@Nullable Conflict conflictWith(Touched other) {
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

    /** Who of this work wrote, or read, a byte last; null if that is not known. */
    @Nullable Touch touch(Simulation simulation, long address, boolean wrote) {
      return simulation.touch(address, wrote, runs);
    }

    void release() {
      footprints.forEach(Footprint::release);
    }

    /** This and other work as one; who of it touched what is not kept. */
    Touched with(Touched other) {
      List<Footprint> all = new ArrayList<>(footprints);
      all.addAll(other.footprints);
      return new Touched(name, all, List.of());
    }
  }
}
