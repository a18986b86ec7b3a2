/** What every backend must compute, checked against plain loops, hand-made values and PyTorch. */
@NullMarked
package dev.multibox.backend;

import org.jspecify.annotations.NullMarked;
