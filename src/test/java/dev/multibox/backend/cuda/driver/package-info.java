@NullMarked
package dev.multibox.backend.cuda.driver;

import org.jspecify.annotations.NullMarked;
