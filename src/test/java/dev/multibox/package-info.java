/** What the tests share: backends to run on, golden vectors, gradient checks, comparisons. */
@NullMarked
package dev.multibox;

import org.jspecify.annotations.NullMarked;
