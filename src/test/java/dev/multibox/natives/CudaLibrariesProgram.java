package dev.multibox.natives;

import java.io.IOException;
import java.util.List;
import jcuda.jcublas.JCublas2;
import jcuda.jcublas.cublasHandle;

/** Loads what it finds of CUDA, as a process of its own, and says what it has. */
final class CudaLibrariesProgram {
  private CudaLibrariesProgram() {}

  /** {@code args} are the functions that will be called in the driver, cuDNN and cuBLAS. */
  public static void main(String[] args) throws IOException {
    CudaLibraries libraries =
        CudaLibraries.load(
            new CudaLibraries.Called(List.of(args[0]), List.of(args[1]), List.of(args[2])));
    libraries.problems().forEach(System.out::println);
    if (!libraries.cudnn().isUsable()) {
      return;
    }
    System.out.printf(
        "cuDNN %s for CUDA %d%n", libraries.cudnnVersionText(), libraries.cudaVersion());
    if (libraries.cublas().isUsable()) {
      JCudaNatives.loadCublas(libraries.cudaVersion());
      int[] version = new int[1];
      int status = JCublas2.cublasGetVersion(new cublasHandle(), version);
      System.out.printf("cublasGetVersion: status %d, version %d%n", status, version[0]);
    }
  }
}
