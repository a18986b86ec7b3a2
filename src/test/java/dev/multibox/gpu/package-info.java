/**
 * The check of a machine that has a GPU, and perhaps neither Java nor Maven: what {@code
 * bin/check-gpu} of a bundle runs. Start with {@code CheckGpu}.
 */
@NullMarked
package dev.multibox.gpu;

import org.jspecify.annotations.NullMarked;
