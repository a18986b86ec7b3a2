package dev.multibox.backend.cuda.sim.memory;

import dev.multibox.backend.cuda.sim.report.Dim3;
import dev.multibox.backend.cuda.sim.report.Site;
import org.jspecify.annotations.Nullable;

/**
 * Who touched a byte last, as far as it is still known.
 *
 * @param block null if the launch is over and its blocks forgotten
 * @param thread in its block; null likewise
 */
public record Touch(Site site, @Nullable Dim3 block, @Nullable Dim3 thread) {}
