/**
 * A device without memory and arithmetic: what a step would do, told before it is done.
 *
 * <p>On a {@link dev.multibox.backend.dry.DryBackend} the code of a step runs as on any other, with
 * the same checks, but tensors have shapes and addresses only and kernels do nothing but say which
 * tensors they touch. So it is known, for a batch of any size and within milliseconds, what the
 * step allocates, when each tensor is used last, and which convolutions there are.
 *
 * <p>May import {@code tensor} and {@code backend}. Start with {@code DryBackend}; {@code
 * autograd.MemoryPlan} makes addresses of what it tells.
 */
@NullMarked
package dev.multibox.backend.dry;

import org.jspecify.annotations.NullMarked;
