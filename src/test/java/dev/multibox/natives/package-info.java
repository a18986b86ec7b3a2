/** Where native libraries are unpacked, and what is refused there. */
@NullMarked
package dev.multibox.natives;

import org.jspecify.annotations.NullMarked;
