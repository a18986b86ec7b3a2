package dev.multibox.backend.cpu;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/** oneDNN's engine and stream, and what all primitives of a backend share. */
final class OneDnnEngine implements AutoCloseable {
  private final int threads;
  private final Arena engineArena = Arena.ofShared();
  // Closed before the engine, whose address these objects may hold.
  private final Arena arena = Arena.ofShared();
  private final MemorySegment engine = OneDnn.engine(engineArena);
  private final MemorySegment stream = OneDnn.stream(arena, engine);
  private final List<OneDnnFilterLayout> filterLayouts = new ArrayList<>();
  private final GrowingBuffer scratchpad = new GrowingBuffer();
  private final GrowingBuffer staging = new GrowingBuffer();

  OneDnnEngine(int threads) {
    this.threads = threads;
  }

  /** Where the objects that live as long as the engine are made. */
  Arena arena() {
    return arena;
  }

  MemorySegment engine() {
    return engine;
  }

  MemorySegment stream() {
    return stream;
  }

  /** What primitives use while they run; each asks for its share when it is made. */
  GrowingBuffer scratchpad() {
    return scratchpad;
  }

  /** Holds a result between the primitive that computes it and the one that lays it out or adds. */
  GrowingBuffer staging() {
    return staging;
  }

  /**
   * OpenMP keeps the number of threads per calling thread, and primitives are made for one number:
   * called before anything is made or run, since the backend may have changed hands.
   */
  void useThreads() {
    OneDnn.setThreads(threads);
  }

  /** The one layout that {@code preferred} describes, for filters that {@code dense} describes. */
  OneDnnFilterLayout filterLayout(MemorySegment dense, MemorySegment preferred) {
    for (OneDnnFilterLayout layout : filterLayouts) {
      if (layout.is(preferred)) {
        return layout;
      }
    }
    OneDnnFilterLayout layout = new OneDnnFilterLayout(this, dense, preferred);
    filterLayouts.add(layout);
    return layout;
  }

  /** The bytes of native memory that primitives have taken beside their operands so far. */
  long workspaceBytes() {
    return scratchpad.bytes()
        + staging.bytes()
        + filterLayouts.stream().mapToLong(OneDnnFilterLayout::bytes).sum();
  }

  @Override
  public void close() {
    filterLayouts.forEach(OneDnnFilterLayout::close);
    scratchpad.close();
    staging.close();
    arena.close();
    engineArena.close();
  }
}
