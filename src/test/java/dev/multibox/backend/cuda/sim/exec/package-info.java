/**
 * Runs kernels, whose instructions are objects of package {@code instruction}.
 *
 * <p>{@link dev.multibox.backend.cuda.sim.exec.Compiler} cuts a kernel into basic blocks and finds
 * where branches come together again. {@code WarpRunner} runs the lanes of a warp in groups that
 * part at branches and join again; {@code BlockRunner} runs the warps of a block up to their
 * barriers; {@code Simulation} deals the blocks of a launch to the simulating threads.
 *
 * <p>Start with {@code Compiler}, then {@code WarpRunner}.
 */
@NullMarked
package dev.multibox.backend.cuda.sim.exec;

import org.jspecify.annotations.NullMarked;
