package dev.multibox.backend.cuda.cudnn;

import dev.multibox.backend.cuda.driver.CudnnApi;
import java.util.EnumSet;
import java.util.Set;

/** An engine with its settings, as the heuristics propose it. */
final class Candidate implements AutoCloseable {
  private static final int MOST_NOTES = 16;

  private final String mode;
  private final int ordinal;
  private final Descriptor config;
  private final Descriptor engine;
  private final long index;
  private final Set<NumericalNote> notes = EnumSet.noneOf(NumericalNote.class);

  /**
   * Reads a configuration that heuristics filled in.
   *
   * @param mode of the heuristics, {@code A} or {@link PlanSearch#FALLBACK_NAME}
   * @param ordinal its place among what they propose
   */
  Candidate(CudnnApi api, String mode, int ordinal, Descriptor config) {
    this.mode = mode;
    this.ordinal = ordinal;
    this.config = config;
    engine = Descriptor.of(api, DescriptorType.ENGINE);
    config.fill(Attribute.CONFIG_ENGINE, engine);
    index = engine.get(Attribute.ENGINE_INDEX, 1)[0];
    NumericalNote[] known = NumericalNote.values();
    for (long note : engine.get(Attribute.ENGINE_NUMERICAL_NOTES, MOST_NOTES)) {
      if (note < known.length) {
        notes.add(known[(int) note]);
      }
    }
  }

  Descriptor config() {
    return config;
  }

  Set<NumericalNote> notes() {
    return notes;
  }

  boolean isFallback() {
    return mode.equals(PlanSearch.FALLBACK_NAME);
  }

  /** For example {@code A3:62t}, a letter for each note. */
  String name() {
    StringBuilder name = new StringBuilder(mode).append(ordinal).append(':').append(index);
    notes.forEach(note -> name.append(note.letter()));
    return name.toString();
  }

  @Override
  public void close() {
    engine.close();
    config.close();
  }
}
