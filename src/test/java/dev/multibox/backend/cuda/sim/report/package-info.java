/**
 * What the simulated GPU has to say: faults, with the kernel, the lines, the block and the thread,
 * and counters. Start with {@code Report}.
 */
@NullMarked
package dev.multibox.backend.cuda.sim.report;

import org.jspecify.annotations.NullMarked;
