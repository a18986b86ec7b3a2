package dev.multibox.natives;

import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One of CUDA's libraries: where it was found, or why it cannot be used.
 *
 * @param name the library, for a user: {@code NVIDIA driver}, {@code cuDNN}, {@code cuBLAS}
 * @param file the library itself; null if there is none
 * @param place which of the places had it; empty if none
 * @param parts libraries that it will ask for, in the order they are to be loaded, before it
 * @param problem why it cannot be used; empty if it can
 * @param remedy what to do about that; empty where there is nothing to do
 */
public record CudaFinding(
    String name,
    @Nullable Path file,
    String place,
    List<Path> parts,
    String problem,
    String remedy) {
  public CudaFinding {
    parts = List.copyOf(parts);
  }

  static CudaFinding found(String name, Path file, String place, List<Path> parts) {
    return new CudaFinding(name, file, place, parts, "", "");
  }

  static CudaFinding missing(String name, String problem, String remedy) {
    return new CudaFinding(name, null, "", List.of(), problem, remedy);
  }

  /** This library, which cannot be used after all. */
  public CudaFinding spoiled(String why, String remedy) {
    return new CudaFinding(name, file, place, parts, why, remedy);
  }

  public boolean isUsable() {
    return problem.isEmpty();
  }

  /** What is wrong and what to do, in one line; only of one that is not usable. */
  public String explanation() {
    return remedy.isEmpty() ? problem : problem + "; " + remedy;
  }

  /** For example {@code /usr/lib/x86_64-linux-gnu/libcuda.so.1 (found by the dynamic linker)}. */
  public String where() {
    return "%s (found through %s)".formatted(file, place);
  }
}
