/**
 * Layers and their parameters.
 *
 * <p>A layer is a class with a {@code forward} that says which ops it runs. It declares its
 * parameters in a {@link dev.multibox.nn.Scope}, which names them; when the whole model is
 * declared, {@link dev.multibox.nn.ModelState} lays all parameters into slabs, role by role, so
 * that the optimizer, checks and checkpoints work on plain ranges.
 *
 * <p>May import {@code tensor}, {@code backend} and {@code autograd}. Start with {@code ConvBn},
 * then {@code Scope}.
 */
@NullMarked
package dev.multibox.nn;

import org.jspecify.annotations.NullMarked;
