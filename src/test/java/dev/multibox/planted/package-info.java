/**
 * A small project that breaks the rules of {@link dev.multibox.LayeringTest}, to be caught by it.
 */
package dev.multibox.planted;
