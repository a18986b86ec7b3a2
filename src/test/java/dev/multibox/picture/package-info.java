/** What pictures show, pixel by pixel. */
@NullMarked
package dev.multibox.picture;

import org.jspecify.annotations.NullMarked;
