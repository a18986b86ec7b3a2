/**
 * The contract every device fulfils: one {@link dev.multibox.backend.Backend}, and one abstract
 * {@code *Kernels} class per op family.
 *
 * <p>The public methods of a {@code *Kernels} class hold the documentation and the checks, and call
 * a protected method of the same name with {@code run} in front, which each backend implements with
 * arithmetic alone. So every backend refuses the same calls in the same words, before anything is
 * launched. Four rules hold for all of them:
 *
 * <ul>
 *   <li>Kernels never allocate: the caller passes outputs and workspace.
 *   <li>Forward overwrites. Backward takes {@link dev.multibox.backend.Gradient} records, which say
 *       whether to overwrite or to add.
 *   <li>F16 is storage: each op computes in F32 and rounds its result once, to the nearest even, or
 *       to infinity. Activations, filters and their gradients may be F16; what belongs to a
 *       channel, statistics, losses, boxes and masters are F32.
 *   <li>Activations are {@code [N, H, W, C]}, filters {@code [K, R, S, C / groups]}.
 * </ul>
 *
 * <p>Where published SSDs differ there is one enum per question, gathered in {@link
 * dev.multibox.backend.MatchParams}, {@link dev.multibox.backend.MiningParams}, {@link
 * dev.multibox.backend.LossParams} and {@link dev.multibox.backend.NmsParams}.
 *
 * <p>May import {@code tensor}. Start with {@code Backend}, then {@code ElementwiseKernels}.
 */
@NullMarked
package dev.multibox.backend;

import org.jspecify.annotations.NullMarked;
