/**
 * The memory of the simulated GPU and what is known about each byte of it.
 *
 * <p>Three things stand beside the data. A byte of state says whether it is allocated, written or
 * freed. Cells, one per word, say who wrote and who read it last in a launch, for {@link
 * dev.multibox.backend.cuda.sim.memory.RaceDetector}. Footprints are bit maps of all that a launch
 * touched, to be compared between the threads that simulate it and between streams.
 *
 * <p>All of it lies off the heap and is addressed by {@code long}. Device memory is a range of
 * addresses that is backed where it is touched. Start with {@code DeviceMemory}.
 */
@NullMarked
package dev.multibox.backend.cuda.sim.memory;

import org.jspecify.annotations.NullMarked;
