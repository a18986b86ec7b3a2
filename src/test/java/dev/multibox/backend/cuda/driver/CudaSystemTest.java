package dev.multibox.backend.cuda.driver;

import static org.assertj.core.api.Assertions.assertThat;

import dev.multibox.CCompiler;
import dev.multibox.ChildJvm;
import dev.multibox.Needs;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What a machine offers, and in which words it is said that it does not, on libraries that stand
 * in.
 */
@Needs(CCompiler.Gcc.class)
class CudaSystemTest {
  /** Asks, and prints the answer. */
  static final class Program {
    private Program() {}

    public static void main(String[] args) {
      CudaSystem system = CudaSystem.find();
      system.devices().forEach(device -> System.out.println("= GPU " + device.name()));
      system.problems().forEach(problem -> System.out.println("= problem " + problem));
      system.libraryFacts().forEach((name, fact) -> System.out.println("= " + name + " " + fact));
      System.out.println("= usable " + system.isUsable());
    }
  }

  @TempDir private Path folder;

  private void driver() throws IOException {
    CCompiler.library(
        folder, "libcuda.so.1", Files.readString(Path.of("src", "test", "c", "cuda.c")));
  }

  private void libraries(int cuda) throws IOException {
    for (String name :
        List.of(
            "libcudnn_graph.so.9",
            "libcudnn_ops.so.9",
            "libcudnn_cnn.so.9",
            "libcudnn_heuristic.so.9",
            "libcudnn_engines_precompiled.so.9",
            "libcublasLt.so." + cuda)) {
      CCompiler.library(folder, name, "int part(void) { return 1; }\n");
    }
    CCompiler.library(folder, "libcublas.so." + cuda, stubs(JCublasApi.FUNCTIONS));
    CCompiler.library(
        folder,
        "libcudnn.so.9",
        stubs(JCudnnApi.FUNCTIONS)
            + """
            unsigned long cudnnGetVersion(void) { return 90501; }
            unsigned long cudnnGetCudartVersion(void) { return %d000; }
            """
                .formatted(cuda));
  }

  /** C functions that are never called. */
  private static String stubs(List<String> names) {
    return names.stream()
        .filter(name -> !name.equals("cudnnGetVersion"))
        .map("int %s(void) { return 0; }\n"::formatted)
        .collect(Collectors.joining());
  }

  /** What {@link Program} says, without what the driver that stands in says. */
  private List<String> ask(Map<String, String> environment)
      throws IOException, InterruptedException {
    Map<String, String> all = new HashMap<>(environment);
    all.putAll(Map.of("LD_LIBRARY_PATH", "", "CUDA_HOME", "", "CUDA_PATH", ""));
    List<String> lines =
        ChildJvm.run(Program.class, List.of("-Dmultibox.cuda.path=" + folder), all).lines();
    List<String> said = new ArrayList<>();
    lines.stream()
        .filter(line -> line.startsWith("= "))
        .map(line -> line.substring(2))
        .forEach(said::add);
    return said;
  }

  @Test
  void hasGpusAndLibraries() throws Exception {
    driver();
    libraries(12);
    assertThat(ask(Map.of()))
        .containsExactly(
            "GPU Stand-in GPU 0",
            "GPU Stand-in GPU 1",
            "NVIDIA driver %s/libcuda.so.1 (found through -Dmultibox.cuda.path)".formatted(folder),
            "cuDNN 9.5.1 for CUDA 12, %s/libcudnn.so.9 (found through -Dmultibox.cuda.path)"
                .formatted(folder),
            "cuBLAS %s/libcublas.so.12 (found through -Dmultibox.cuda.path)".formatted(folder),
            "usable true");
  }

  @Test
  void saysWhyTheDriverDoesNotStart() throws Exception {
    driver();
    libraries(12);
    assertThat(ask(Map.of("STANDIN_FAIL", "cuInit=100")))
        .contains(
            "problem cuInit(): CUDA_ERROR_NO_DEVICE: what it means; look at nvidia-smi and at"
                + " CUDA_VISIBLE_DEVICES",
            "usable false");
  }

  @Test
  void showsTheGpusAlsoWhereCudnnIsMissing() throws Exception {
    driver();
    assertThat(ask(Map.of()))
        .contains("GPU Stand-in GPU 0", "usable false")
        .anyMatch(line -> line.startsWith("problem cuDNN: libcudnn.so.9 is nowhere to be found; "))
        .anyMatch(line -> line.startsWith("cuDNN libcudnn.so.9 is nowhere to be found; "));
  }

  @Test
  void saysThatANamedFolderIsNone() throws Exception {
    Path absent = folder.resolve("absent");
    assertThat(
            ChildJvm.run(Program.class, List.of("-Dmultibox.cuda.path=" + absent), Map.of())
                .lines())
        .containsExactly(
            "= problem -Dmultibox.cuda.path: %s is no folder".formatted(absent), "= usable false");
  }

  private static DeviceProperties gpu(int major, int minor, int driver) {
    return new DeviceProperties("GPU", major, minor, driver, 1, 1, 1, 1, 1, 1, 1);
  }

  private static List<String> problems(int cuda, DeviceProperties... devices) {
    return CudaSystem.problemsOf(List.of(devices), cuda);
  }

  @Test
  void comparesTheDriverAndTheGpuWithWhatIsNeeded() {
    assertThat(problems(12, gpu(9, 0, 12_040))).isEmpty();
    assertThat(problems(13, gpu(7, 5, 13_000))).isEmpty();
    assertThat(problems(12)).hasSize(1).first().asString().startsWith("the driver sees no GPU; ");
    assertThat(problems(0, gpu(9, 0, 11_080)))
        .containsExactly(
            "the driver is of CUDA 11.8, the libraries want one of CUDA 12; update it");
    assertThat(problems(13, gpu(9, 0, 12_080)))
        .containsExactly(
            "the driver is of CUDA 12.8, the libraries want one of CUDA 13; update it, or take"
                + " cuDNN and cuBLAS of CUDA 12");
    assertThat(problems(12, gpu(9, 0, 12_040), gpu(7, 0, 12_040)))
        .containsExactly("GPU has compute capability 7.0, the kernels need 7.5");
  }
}
