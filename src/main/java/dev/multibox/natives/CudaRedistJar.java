package dev.multibox.natives;

import java.io.IOException;
import java.net.URL;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The jar of CUDA's libraries that the Maven profile {@code cuda-redist} puts on the class path.
 * Its libraries, 2 GB of them, are unpacked once, all that is needed side by side.
 */
final class CudaRedistJar implements LibraryPlace {
  /** Where they lie in it. */
  static final String FOLDER = "/org/bytedeco/cuda/linux-x86_64/";

  /** Opens the cache into which they are unpacked. */
  @FunctionalInterface
  interface Target {
    LibraryCache open() throws IOException;
  }

  private final Function<String, @Nullable URL> resources;
  private final Target target;
  private @Nullable List<Path> unpacked;

  /**
   * @param resources what is on the class path, by its name there; null for what is not
   */
  CudaRedistJar(Function<String, @Nullable URL> resources, Target target) {
    this.resources = resources;
    this.target = target;
  }

  @Override
  public String name() {
    return "the jar of profile cuda-redist";
  }

  @Override
  public @Nullable Path find(String fileName) throws IOException {
    if (resources.apply(FOLDER + fileName) == null) {
      return null;
    }
    List<Path> files = unpacked;
    if (files == null) {
      files = unpack();
      unpacked = files;
    }
    for (Path file : files) {
      if (file.endsWith(fileName)) {
        return file;
      }
    }
    return null;
  }

  private List<Path> unpack() throws IOException {
    List<URL> libraries = new ArrayList<>();
    for (String fileName : CudaFinder.allFileNames()) {
      URL resource = resources.apply(FOLDER + fileName);
      if (resource != null) {
        libraries.add(resource);
      }
    }
    return target.open().unpack("cuda", libraries);
  }
}
