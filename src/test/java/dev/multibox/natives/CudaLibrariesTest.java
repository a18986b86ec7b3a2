package dev.multibox.natives;

import static org.assertj.core.api.Assertions.assertThat;

import dev.multibox.CCompiler;
import dev.multibox.ChildJvm;
import dev.multibox.Needs;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is loaded, and what is refused before a call into it would end the process. */
@Needs(CCompiler.Gcc.class)
class CudaLibrariesTest {
  @TempDir private Path folder;

  private void driver() throws IOException {
    CCompiler.library(folder, "libcuda.so.1", "int cuInit(unsigned flags) { return 100; }\n");
  }

  private void cudnn(int cuda) throws IOException {
    for (String part : CudaFinder.CUDNN_PARTS) {
      CCompiler.library(folder, part, "int part(void) { return 1; }\n");
    }
    CCompiler.library(
        folder,
        "libcudnn.so.9",
        """
        unsigned long cudnnGetVersion(void) { return 92400; }
        unsigned long cudnnGetCudartVersion(void) { return %d000; }
        int cudnnBackendFinalize(void *descriptor) { return 0; }
        """
            .formatted(cuda));
  }

  /** cuBLAS with its functions under a version of its own name, as NVIDIA's has them. */
  private void cublas(int cuda) throws IOException {
    String name = "libcublas.so." + cuda;
    Path script = folder.resolve("version");
    Files.writeString(script, name + " { global: cublas*; };");
    CCompiler.library(folder, "libcublasLt.so." + cuda, "int lt(void) { return 1; }\n");
    CCompiler.library(
        folder,
        name,
        """
        int cublasGetVersion_v2(void *handle, int *version) { *version = %d0500; return 0; }
        int cublasCreate_v2(void **handle) { return 0; }
        """
            .formatted(cuda),
        "-Wl,--version-script=" + script);
  }

  private List<String> load() throws IOException, InterruptedException {
    return load("cuInit", "cudnnBackendFinalize", "cublasCreate_v2");
  }

  private List<String> load(String... called) throws IOException, InterruptedException {
    ChildJvm.Result result =
        ChildJvm.run(
            CudaLibrariesProgram.class,
            new ArrayList<>(List.of("-Dmultibox.cuda.path=" + folder)),
            Map.of("LD_LIBRARY_PATH", "", "CUDA_HOME", "", "CUDA_PATH", ""),
            (Object[]) called);
    assertThat(result.exitCode()).describedAs(result.output()).isZero();
    return result.lines();
  }

  @Test
  void loadsCuda12() throws Exception {
    driver();
    cudnn(12);
    cublas(12);
    assertThat(load())
        .containsExactly("cuDNN 9.24.0 for CUDA 12", "cublasGetVersion: status 0, version 120500");
  }

  @Test
  void bindsJcublasToCuda13() throws Exception {
    driver();
    cudnn(13);
    cublas(13);
    cublas(12);
    assertThat(load())
        .containsExactly("cuDNN 9.24.0 for CUDA 13", "cublasGetVersion: status 0, version 130500");
  }

  @Test
  void wantsCublasOfTheSameCudaAsCudnn() throws Exception {
    driver();
    cudnn(13);
    cublas(12);
    assertThat(load())
        .hasSize(2)
        .anyMatch(line -> line.startsWith("cuBLAS: libcublas.so.13 is nowhere to be found; "))
        .contains("cuDNN 9.24.0 for CUDA 13");
  }

  @Test
  void refusesLibrariesThatLackAFunctionThatWillBeCalled() throws Exception {
    driver();
    cudnn(12);
    cublas(12);
    assertThat(load("cuGraphLaunch", "cudnnBackendFinalize", "cublasGemmEx"))
        .containsExactly(
            "NVIDIA driver: %s lacks cuGraphLaunch; update it"
                .formatted(folder.resolve("libcuda.so.1")),
            "cuBLAS: %s lacks cublasGemmEx; update it".formatted(folder.resolve("libcublas.so.12")),
            "cuDNN 9.24.0 for CUDA 12");
    assertThat(load("cuInit", "cudnnBackendExecute", "cublasCreate_v2"))
        .containsExactly(
            "cuDNN: %s lacks cudnnBackendExecute; update it"
                .formatted(folder.resolve("libcudnn.so.9")));
  }

  @Test
  void refusesAPartThatCannotBeLoaded() throws Exception {
    driver();
    cudnn(12);
    cublas(12);
    // A part that needs what this machine lacks: cuDNN would end the process when it asks for it.
    Path absent = CCompiler.library(folder, "libabsent.so.1", "int absent(void) { return 1; }\n");
    CCompiler.library(
        folder,
        "libcudnn_cnn.so.9",
        "extern int absent(void);\nint part(void) { return absent(); }\n",
        absent.toString());
    Files.delete(absent);
    assertThat(load())
        .anyMatch(line ->
            line.startsWith(
                    "cuDNN: %s cannot be loaded: ".formatted(folder.resolve("libcudnn.so.9")))
                && line.contains("libabsent.so.1"));
  }

  @Test
  void refusesALibraryThatIsBroken() throws Exception {
    Files.writeString(folder.resolve("libcuda.so.1"), "not a library");
    assertThat(load())
        .anyMatch(line ->
            line.startsWith(
                "NVIDIA driver: %s cannot be loaded: ".formatted(folder.resolve("libcuda.so.1"))));
  }
}
