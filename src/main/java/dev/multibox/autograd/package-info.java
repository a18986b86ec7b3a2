/**
 * The manual autograd tape: what was computed, and how each step is differentiated.
 *
 * <p>{@link dev.multibox.autograd.Tape} records one node for each op as it runs forward, and plays
 * them back in reverse; {@link dev.multibox.autograd.Variable} is a tensor on it. The rules stand
 * beside the forward calls, one {@code *Ops} file per family: to see how smooth-L1 is
 * differentiated, read {@code LossOps.smoothL1}. Units that a layer runs as one, such as {@code
 * ConvolutionOps.convBias} and {@code BatchNormOps.convBn}, are ops like the others. Every public
 * method of an {@code *Ops} class has a gradient check; a test lists them.
 *
 * <p>Where a step's tensors lie is planned before it is run: {@link
 * dev.multibox.autograd.StepPlan}, {@link dev.multibox.autograd.MemoryPlan}. What backward computes
 * again instead of keeping it says {@link dev.multibox.autograd.Recompute}.
 *
 * <p>May import {@code tensor}, {@code backend} and {@code backend.dry}. Start with {@code Tape},
 * then {@code ElementwiseOps}.
 */
@NullMarked
package dev.multibox.autograd;

import org.jspecify.annotations.NullMarked;
