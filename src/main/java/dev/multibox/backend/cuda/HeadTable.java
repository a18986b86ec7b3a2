package dev.multibox.backend.cuda;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.multibox.backend.HeadLayout;
import dev.multibox.backend.HeadOutputs;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * The {@code Heads} of {@code heads.cuh}: where the levels lie, and how priors fill words of 32.
 */
final class HeadTable {
  private static final int PRIORS_A_WORD = 32;
  private static final long LEVEL_BYTES = 32;
  private static final long BYTES = HeadOutputs.MOST_LEVELS * LEVEL_BYTES + 8;

  private final MemorySegment structure = Arena.ofAuto().allocate(BYTES, Long.BYTES);
  private final int multiple;
  private int words;

  /** A table whose words are a multiple of {@code multiple}: what a block owns. */
  HeadTable(int multiple) {
    this.multiple = multiple;
  }

  /** Makes this the table of {@code heads}. */
  void fill(HeadOutputs heads) {
    int word = 0;
    for (int i = 0; i < heads.levels().size(); i++) {
      HeadLayout layout = heads.layouts().get(i);
      long at = i * LEVEL_BYTES;
      structure.set(JAVA_LONG, at, heads.levels().get(i).address());
      structure.set(JAVA_INT, at + 8, word);
      structure.set(JAVA_INT, at + 12, layout.firstPrior());
      structure.set(JAVA_INT, at + 16, layout.height() * layout.width());
      structure.set(JAVA_INT, at + 20, layout.priorsPerCell());
      structure.set(JAVA_INT, at + 24, layout.channels());
      word += Math.ceilDiv(layout.priors(), PRIORS_A_WORD);
    }
    for (int i = heads.levels().size(); i < HeadOutputs.MOST_LEVELS; i++) {
      structure.set(JAVA_INT, i * LEVEL_BYTES + 8, Integer.MAX_VALUE);
    }
    words = Math.ceilDiv(word, multiple) * multiple;
    structure.set(JAVA_INT, BYTES - 8, heads.classes());
    structure.set(JAVA_INT, BYTES - 4, words);
  }

  /** The argument of a kernel. */
  MemorySegment structure() {
    return structure;
  }

  /** Words that cover all priors, and some more. */
  int words() {
    return words;
  }
}
