package dev.multibox.backend.cpu;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;

/** A compiled primitive of oneDNN and the places of its arguments, which lives with its engine. */
final class OneDnnPrimitive {
  /** {@code dnnl_exec_arg_t}: an int, padding, an address. */
  private static final long ARGUMENT_BYTES = 16;

  /** An argument by its number in {@link OneDnn}, and what its memory looks like. */
  record Argument(int number, MemorySegment descriptor) {}

  private final OneDnnEngine engine;
  private final MemorySegment primitive;
  private final MemorySegment[] memories;
  private final MemorySegment arguments;
  private final long scratchpadBytes;

  /** Compiles {@code description}, whose data will be given in the order of {@code given}. */
  OneDnnPrimitive(OneDnnEngine engine, MemorySegment description, List<Argument> given) {
    this.engine = engine;
    Arena arena = engine.arena();
    primitive = OneDnn.primitive(arena, description);
    memories = new MemorySegment[given.size() + 1];
    arguments = arena.allocate(ARGUMENT_BYTES * memories.length, ADDRESS.byteAlignment());
    for (int i = 0; i < given.size(); i++) {
      place(i, given.get(i));
    }
    MemorySegment scratchpad = OneDnn.query(description, OneDnn.QUERY_SCRATCHPAD);
    place(given.size(), new Argument(OneDnn.SCRATCHPAD, scratchpad));
    scratchpadBytes = OneDnn.bytes(scratchpad);
  }

  /** Copies from one layout into another, or adds to what is there. */
  static OneDnnPrimitive reorder(
      OneDnnEngine engine, MemorySegment from, MemorySegment to, boolean adds) {
    try (Arena local = Arena.ofConfined()) {
      MemorySegment attributes = OneDnn.attributes(local);
      if (adds) {
        OneDnn.then(attributes, new OneDnnPostOps(local).addToResult());
      }
      return new OneDnnPrimitive(
          engine,
          OneDnn.reorder(local, engine.engine(), from, to, attributes),
          List.of(new Argument(OneDnn.SRC, from), new Argument(OneDnn.DST, to)));
    }
  }

  private void place(int index, Argument argument) {
    memories[index] = OneDnn.memory(engine.arena(), engine.engine(), argument.descriptor);
    arguments.set(JAVA_INT, index * ARGUMENT_BYTES, argument.number);
    arguments.set(ADDRESS, index * ARGUMENT_BYTES + ADDRESS.byteSize(), memories[index]);
  }

  /** What it uses of the scratchpad. */
  long scratchpadBytes() {
    return scratchpadBytes;
  }

  /** Runs on these data and waits until they are written. */
  void execute(MemorySegment... data) {
    for (int i = 0; i < data.length; i++) {
      OneDnn.setData(memories[i], data[i]);
    }
    OneDnn.setData(memories[data.length], engine.scratchpad().atLeast(scratchpadBytes));
    OneDnn.execute(primitive, engine.stream(), memories.length, arguments);
    OneDnn.await(engine.stream());
  }
}
