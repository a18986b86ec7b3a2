/**
 * The reference implementation of every kernel, and the device of machines without a GPU.
 *
 * <p>Convolution is oneDNN's, with the same formula as direct loops beside it for reading and
 * testing; everything else is Java that the JIT vectorises, spread over the cores by {@link
 * dev.multibox.backend.cpu.Parallel}. Three habits make that so:
 *
 * <ul>
 *   <li>Loops run over heap arrays: a stretch of a tensor is copied into a tile that stays in the
 *       first-level cache, computed there and copied back. Loops straight over native memory are
 *       not vectorised, since the compiler cannot tell that two segments do not overlap.
 *   <li>Those arrays are floats whatever the tensor holds: F16 is widened on the way in and rounded
 *       on the way out, so that no kernel has code of its own for it.
 *   <li>Reductions are cut into chunks of a fixed size, and the chunks' results are joined in
 *       order, so that no result depends on the number of threads.
 * </ul>
 *
 * <p>May import {@code natives}, {@code tensor} and {@code backend}. Start with {@code CpuBackend},
 * then {@code CpuElementwiseKernels}.
 */
@NullMarked
package dev.multibox.backend.cpu;

import org.jspecify.annotations.NullMarked;
