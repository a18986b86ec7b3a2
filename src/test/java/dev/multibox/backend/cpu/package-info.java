/** What only the CPU has: its libraries and how it is chosen. */
@NullMarked
package dev.multibox.backend.cpu;

import org.jspecify.annotations.NullMarked;
