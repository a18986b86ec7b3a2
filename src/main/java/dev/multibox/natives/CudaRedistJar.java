package dev.multibox.natives;

import java.io.IOException;
import java.net.URL;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The jar of CUDA's libraries that the Maven profile {@code cuda-redist} puts on the class path.
 * Its libraries, 2 GB of them, are unpacked once, all that is needed side by side.
 */
final class CudaRedistJar implements LibraryPlace {
  private static final String FOLDER = "/org/bytedeco/cuda/linux-x86_64/";

  private @Nullable List<Path> unpacked;

  @Override
  public String name() {
    return "the jar of profile cuda-redist";
  }

  @Override
  public @Nullable Path find(String fileName) throws IOException {
    if (CudaRedistJar.class.getResource(FOLDER + fileName) == null) {
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

  private static List<Path> unpack() throws IOException {
    List<URL> resources = new ArrayList<>();
    for (String fileName : CudaFinder.allFileNames()) {
      URL resource = CudaRedistJar.class.getResource(FOLDER + fileName);
      if (resource != null) {
        resources.add(resource);
      }
    }
    return LibraryCache.open().unpack("cuda", resources);
  }
}
