/** Every op family on every backend: hand-computed values, golden vectors, refusals. */
@NullMarked
package dev.multibox.backend;

import org.jspecify.annotations.NullMarked;
