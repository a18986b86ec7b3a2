package dev.multibox.backend.cuda;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import dev.multibox.backend.BoxCoding;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** The {@code Coding} of {@code boxes.cuh}, written anew for each launch. */
final class CodingStruct {
  private static final int FLOATS = 5;

  private final MemorySegment fields = Arena.ofAuto().allocate(JAVA_FLOAT, FLOATS);

  MemorySegment of(BoxCoding coding) {
    fields.setAtIndex(JAVA_FLOAT, 0, coding.weightX());
    fields.setAtIndex(JAVA_FLOAT, 1, coding.weightY());
    fields.setAtIndex(JAVA_FLOAT, 2, coding.weightWidth());
    fields.setAtIndex(JAVA_FLOAT, 3, coding.weightHeight());
    fields.setAtIndex(JAVA_FLOAT, 4, coding.maxLogScale());
    return fields;
  }
}
