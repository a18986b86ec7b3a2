package dev.multibox.natives;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Looks for the NVIDIA driver, cuDNN and cuBLAS in {@link CudaPlaces}, and for the parts of them
 * that they would look for later: a cuDNN without one of its parts ends the process when that is
 * first needed, so it is refused before. Loads nothing.
 */
public final class CudaFinder {
  /** The parts of cuDNN that convolutions are made of, in the order of their dependencies. */
  static final List<String> CUDNN_PARTS =
      List.of(
          "libcudnn_graph.so.9",
          "libcudnn_ops.so.9",
          "libcudnn_cnn.so.9",
          "libcudnn_heuristic.so.9",
          "libcudnn_engines_precompiled.so.9");

  /** Parts that newer versions have and may ask for. */
  static final List<String> CUDNN_OPTIONAL_PARTS =
      List.of("libcudnn_engines_runtime_compiled.so.9", "libcudnn_engines_tensor_ir.so.9");

  private static final String DRIVER = "libcuda.so.1";
  private static final String CUDNN = "libcudnn.so.9";
  private static final String CUBLAS = "libcublas.so.%d";
  private static final String CUBLAS_LT = "libcublasLt.so.%d";
  private static final List<Integer> CUDA_VERSIONS = List.of(13, 12);

  private final List<LibraryPlace> places;

  CudaFinder(CudaSurroundings here) throws IOException {
    places = CudaPlaces.of(here);
  }

  /**
   * A search of this machine.
   *
   * @throws IOException if {@code -Dmultibox.cuda.path} names what is no folder
   */
  public static CudaFinder open() throws IOException {
    return new CudaFinder(CudaSurroundings.current());
  }

  /** The file names of all that can be found, parts before what asks for them. */
  static List<String> allFileNames() {
    List<String> names = new ArrayList<>();
    for (int version : CUDA_VERSIONS) {
      names.add(CUBLAS_LT.formatted(version));
      names.add(CUBLAS.formatted(version));
    }
    names.addAll(CUDNN_PARTS);
    names.addAll(CUDNN_OPTIONAL_PARTS);
    names.add(CUDNN);
    return names;
  }

  /**
   * A library to look for.
   *
   * @param name for a user
   * @param fileName what it is called
   * @param parts that must lie beside it
   * @param optionalParts that may
   * @param remedy where to get it
   */
  private record Wanted(
      String name,
      String fileName,
      List<String> parts,
      List<String> optionalParts,
      String remedy) {}

  /** The driver, which comes with the system and not with CUDA. */
  public CudaFinding driver() throws IOException {
    return find(
        new Wanted(
            "NVIDIA driver",
            DRIVER,
            List.of(),
            List.of(),
            "install NVIDIA's driver (nvidia-smi shows it), or start the container with its GPUs"));
  }

  /** cuDNN 9. */
  public CudaFinding cudnn() throws IOException {
    return find(
        new Wanted(
            "cuDNN",
            CUDNN,
            CUDNN_PARTS,
            CUDNN_OPTIONAL_PARTS,
            "install cuDNN 9 (pip install nvidia-cudnn-cu12 or -cu13 will do)"));
  }

  /** cuBLAS of CUDA 12 or 13, with cuBLASLt, which cuDNN too computes with. */
  public CudaFinding cublas(int cudaVersion) throws IOException {
    String wheel = cudaVersion == 12 ? "nvidia-cublas-cu12" : "'nvidia-cublas==13.*'";
    return find(
        new Wanted(
            "cuBLAS",
            CUBLAS.formatted(cudaVersion),
            List.of(CUBLAS_LT.formatted(cudaVersion)),
            List.of(),
            "install cuBLAS of CUDA %d (pip install %s will do)".formatted(cudaVersion, wheel)));
  }

  private CudaFinding find(Wanted wanted) throws IOException {
    for (LibraryPlace place : places) {
      Path file = place.find(wanted.fileName());
      if (file != null) {
        return withParts(wanted, file, place.name());
      }
    }
    return CudaFinding.missing(
        wanted.name(),
        "%s is nowhere to be found".formatted(wanted.fileName()),
        "%s, or name its folder: MULTIBOX_JAVA_OPTIONS=-D%s=FOLDER"
            .formatted(wanted.remedy(), CudaPlaces.PROPERTY));
  }

  /** The places in which it looks, in their order. */
  public String searched() {
    return places.stream().map(LibraryPlace::name).collect(Collectors.joining(", "));
  }

  private static CudaFinding withParts(Wanted wanted, Path file, String place) {
    List<Path> parts = new ArrayList<>();
    List<String> absent = new ArrayList<>();
    for (String name : wanted.parts()) {
      Path part = beside(file, name);
      if (part == null) {
        absent.add(name);
      } else {
        parts.add(part);
      }
    }
    for (String name : wanted.optionalParts()) {
      Path part = beside(file, name);
      if (part != null) {
        parts.add(part);
      }
    }
    CudaFinding found = CudaFinding.found(wanted.name(), file, place, parts);
    return absent.isEmpty()
        ? found
        : found.spoiled(
            "%s has no %s beside it".formatted(file, String.join(", ", absent)), wanted.remedy());
  }

  /** A library in the folder of another, or of the file that the other is a link to. */
  private static @Nullable Path beside(Path file, String name) {
    Path part = file.resolveSibling(name);
    if (Files.isRegularFile(part)) {
      return part;
    }
    try {
      Path real = file.toRealPath().resolveSibling(name);
      return Files.isRegularFile(real) ? real : null;
    } catch (IOException _) {
      // A link to nowhere has nothing beside it.
      return null;
    }
  }
}
