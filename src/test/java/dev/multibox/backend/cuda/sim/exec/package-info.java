/**
 * Runs kernels: PTX is compiled to small objects that each do one instruction for the 32 lanes of a
 * warp, over rows of registers, one row per register with a place for each lane.
 *
 * <p>{@link dev.multibox.backend.cuda.sim.exec.Compiler} cuts a kernel into basic blocks and finds
 * where branches come together again. The families of instructions ({@code IntegerOps}, {@code
 * FloatOps} and so on) say what each opcode means, as a loop over lanes where it is frequent and as
 * a function of one lane where it is not. {@code WarpRunner} runs the lanes of a warp in groups
 * that part at branches and join again; {@code BlockRunner} runs the warps of a block up to their
 * barriers; {@code GridRunner} deals the blocks of a launch to the simulating threads.
 *
 * <p>Start with {@code Operation}, then {@code Compiler}.
 */
@NullMarked
package dev.multibox.backend.cuda.sim.exec;

import org.jspecify.annotations.NullMarked;
