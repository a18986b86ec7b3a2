/**
 * What changes weights: SGD over the slabs, and the learning rate's schedule.
 *
 * <p>May import {@code tensor}, {@code backend} and {@code nn}. Start with {@code Sgd}.
 */
@NullMarked
package dev.multibox.optim;

import org.jspecify.annotations.NullMarked;
