/**
 * What a tensor is and who owns its memory.
 *
 * <p>A {@link dev.multibox.tensor.Tensor} is a shape, an element type and an address; its memory
 * belongs to the {@link dev.multibox.tensor.TensorArena} that allocated it and goes when that arena
 * is closed. Nothing is counted or attached anywhere else. Start with {@code Tensor}.
 *
 * <p>May import nothing of the project.
 */
@NullMarked
package dev.multibox.tensor;

import org.jspecify.annotations.NullMarked;
