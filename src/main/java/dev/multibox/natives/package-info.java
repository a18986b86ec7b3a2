/**
 * Finds, unpacks and loads native libraries.
 *
 * <p>Libraries travel inside jars, but a system loads files. They are unpacked once into a folder
 * that only this user can write to, and compared with the jar every time before they are loaded, so
 * that neither a planted nor a half-written file is ever run. Start with {@code LibraryCache}, then
 * {@code OneDnnLibrary}.
 *
 * <p>May import nothing of the project.
 */
@NullMarked
package dev.multibox.natives;

import org.jspecify.annotations.NullMarked;
