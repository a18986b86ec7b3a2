/**
 * Finds, unpacks and loads native libraries.
 *
 * <p>Libraries travel inside jars, but a system loads files. They are unpacked once into a folder
 * that only this user can write to, and compared with the jar every time before they are loaded, so
 * that neither a planted nor a half-written file is ever run. Start with {@code LibraryCache}, then
 * {@code OneDnnLibrary}.
 *
 * <p>CUDA's own libraries come from the machine: {@code CudaFinder} says where they are looked for,
 * {@code CudaLibraries} loads them and refuses what would end the process later, and {@code
 * JCudaNatives} loads what calls them from Java, with {@code ElfLibrary} binding JCublas to CUDA
 * 13.
 *
 * <p>May import nothing of the project.
 */
@NullMarked
package dev.multibox.natives;

import org.jspecify.annotations.NullMarked;
