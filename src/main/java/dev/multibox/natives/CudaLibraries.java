package dev.multibox.natives;

import java.io.IOException;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/**
 * What this process has of CUDA: the driver, cuDNN and cuBLAS, each loaded, or the reason why it is
 * not. Everything is looked at before a first call into it, for many of the troubles would end the
 * process then.
 *
 * @param driver for all work on the GPU
 * @param cudnn for convolution
 * @param cublas for matrix products, and for cuDNN itself
 * @param cudnnVersion for example 92400 for 9.24.0; 0 without a cuDNN
 * @param cudaVersion of which CUDA cuDNN and cuBLAS are, 12 or 13; 0 without a cuDNN
 * @param searched the places that were searched, in their order
 */
public record CudaLibraries(
    CudaFinding driver,
    CudaFinding cudnn,
    CudaFinding cublas,
    long cudnnVersion,
    int cudaVersion,
    String searched) {
  private static final String VERSION = "cudnnGetVersion";
  private static final String CUDA_VERSION = "cudnnGetCudartVersion";

  /** The functions that will be called in each library. */
  public record Called(List<String> driver, List<String> cudnn, List<String> cublas) {}

  /**
   * Finds and loads them.
   *
   * @throws IOException if {@code -Dmultibox.cuda.path} names what is no folder
   */
  public static CudaLibraries load(Called called) throws IOException {
    NativePlatform platform = NativePlatform.current();
    if (!platform.classifier().equals("linux-x86_64")) {
      return none("the CUDA backend runs on linux-x86_64 only, this is " + platform.classifier());
    }
    return load(CudaFinder.open(), called);
  }

  private static CudaLibraries none(String why) {
    return new CudaLibraries(
        CudaFinding.missing("NVIDIA driver", why, ""),
        CudaFinding.missing("cuDNN", why, ""),
        CudaFinding.missing("cuBLAS", why, ""),
        0,
        0,
        "");
  }

  static CudaLibraries load(CudaFinder finder, Called called) throws IOException {
    CudaLibrary driver = CudaLibrary.load(finder.driver(), called.driver());
    List<String> asked =
        Stream.concat(Stream.of(VERSION, CUDA_VERSION), called.cudnn().stream()).toList();
    CudaLibrary cudnn = CudaLibrary.load(finder.cudnn(), asked);
    if (!cudnn.isUsable()) {
      // Which CUDA it is to be of is not known without a cuDNN.
      CudaFinding newer = finder.cublas(13);
      return new CudaLibraries(
          driver.finding(),
          cudnn.finding(),
          newer.isUsable() ? newer : finder.cublas(12),
          0,
          0,
          finder.searched());
    }
    long version = cudnn.call(VERSION);
    int cuda = Math.toIntExact(cudnn.call(CUDA_VERSION) / 1000);
    if (cuda != 12 && cuda != 13) {
      cudnn =
          cudnn.spoiled(
              "%s is for CUDA %d, wanted 12 or 13".formatted(cudnn.finding().file(), cuda), "");
      cuda = 12;
    }
    CudaLibrary cublas = CudaLibrary.load(finder.cublas(cuda), called.cublas());
    return new CudaLibraries(
        driver.finding(), cudnn.finding(), cublas.finding(), version, cuda, finder.searched());
  }

  /** What is wrong with them, a line for each library; empty if nothing is. */
  public List<String> problems() {
    return Stream.of(driver, cudnn, cublas)
        .filter(finding -> !finding.isUsable())
        .map(finding -> "%s: %s".formatted(finding.name(), finding.explanation()))
        .toList();
  }

  /** For example {@code 9.24.0}. */
  public String cudnnVersionText() {
    return String.format(
        Locale.ROOT,
        "%d.%d.%d",
        cudnnVersion / 10_000,
        cudnnVersion / 100 % 100,
        cudnnVersion % 100);
  }
}
