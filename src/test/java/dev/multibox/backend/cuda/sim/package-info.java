/**
 * A simulated GPU: an implementation of the driver seam that interprets the very PTX that is
 * shipped, so that kernels run in tests on machines without a GPU, and faults that a GPU would hide
 * are reported.
 *
 * <p>{@link dev.multibox.backend.cuda.sim.SimulatedDriver} is the device. Work is put off until
 * somebody waits for it, then run in an order drawn from a seed that keeps only what streams and
 * events promise. Below it, {@code ptx} reads PTX, {@code instruction} says what each instruction
 * means, {@code exec} runs kernels, {@code memory} knows of each byte whether it is allocated,
 * written and by whom, and {@code report} says what was wrong.
 *
 * <p>It cannot see weak memory order, the last bits of approximate functions, occupancy, and what
 * the compiler behind PTX does. Blocks run one after the other, so a kernel whose blocks wait for
 * each other does not end. Start with {@code SimulatedDriver}.
 */
@NullMarked
package dev.multibox.backend.cuda.sim;

import org.jspecify.annotations.NullMarked;
