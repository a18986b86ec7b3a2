/**
 * Reads PTX into records: files, functions, instructions and operands, each with its line in the
 * PTX and in the CUDA source.
 *
 * <p>Names are resolved here, since blocks in braces hide those outside: a {@link
 * dev.multibox.backend.cuda.sim.ptx.Register} is one register, whatever its name. What instructions
 * mean is not known here. Start with {@code PtxParser}.
 */
@NullMarked
package dev.multibox.backend.cuda.sim.ptx;

import org.jspecify.annotations.NullMarked;
