/**
 * What each PTX instruction means: an {@link dev.multibox.backend.cuda.sim.instruction.Operation}
 * does it for the 32 lanes of a warp, over rows of registers, one row per register with a place for
 * each lane.
 *
 * <p>Each family of instructions ({@code IntegerOps}, {@code FloatOps} and so on) gives an opcode
 * as a loop over lanes where it is frequent, and as a function of one lane where it is not. What
 * jumps or waits is not here but in {@code exec}.
 *
 * <p>Start with {@code Operation}, then {@code Instructions} and {@code IntegerOps}.
 */
@NullMarked
package dev.multibox.backend.cuda.sim.instruction;

import org.jspecify.annotations.NullMarked;
