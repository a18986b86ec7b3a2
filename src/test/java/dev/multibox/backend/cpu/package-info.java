/** What only the CPU promises: results that do not depend on the number of threads. */
@NullMarked
package dev.multibox.backend.cpu;

import org.jspecify.annotations.NullMarked;
