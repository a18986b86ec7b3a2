package dev.multibox.natives;

import java.nio.file.Path;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * What the search for CUDA's libraries depends on, so that a test can make up all of it.
 *
 * @param property the system property of a name, or null
 * @param variable the environment variable of a name, or null
 * @param root the folder in which {@code usr/local} lies
 * @param linker the path of what the dynamic linker finds by a file name, or null
 * @param jar what is on the class path
 */
record CudaSurroundings(
    Function<String, @Nullable String> property,
    Function<String, @Nullable String> variable,
    Path root,
    Function<String, @Nullable Path> linker,
    LibraryPlace jar) {
  /** Those of this process. */
  static CudaSurroundings current() {
    return new CudaSurroundings(
        System::getProperty,
        System::getenv,
        Path.of("/"),
        DynamicLinker::find,
        new CudaRedistJar(CudaRedistJar.class::getResource, LibraryCache::open));
  }

  /** The value of a property; empty if it is not set. */
  String propertyOf(String name) {
    String value = property.apply(name);
    return value == null ? "" : value;
  }

  /** The value of a variable; empty if it is not set. */
  String variableOf(String name) {
    String value = variable.apply(name);
    return value == null ? "" : value;
  }
}
