package dev.multibox.natives;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.IOException;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Where CUDA's libraries are looked for, in folders of empty files that stand in for them. */
class CudaFinderTest {
  private static final String CUDNN = "libcudnn.so.9";

  @TempDir private Path machine;

  private final Map<String, String> properties = new HashMap<>();
  private final Map<String, String> variables = new HashMap<>();
  private final Map<String, Path> linked = new HashMap<>();
  private final Map<String, URL> jar = new HashMap<>();

  private CudaFinder finder() throws IOException {
    return new CudaFinder(
        new CudaSurroundings(
            properties::get,
            variables::get,
            machine,
            linked::get,
            new CudaRedistJar(jar::get, () -> LibraryCache.at(machine.resolve("unpacked")))));
  }

  private Path folder(String path) throws IOException {
    return Files.createDirectories(machine.resolve(path));
  }

  private Path file(String path) throws IOException {
    Path file = machine.resolve(path);
    Files.createDirectories(file.getParent());
    return Files.createFile(file);
  }

  /** A whole cuDNN; the path of its first library. */
  private Path cudnn(String folder) throws IOException {
    for (String part : CudaFinder.CUDNN_PARTS) {
      file(folder + "/" + part);
    }
    return file(folder + "/" + CUDNN);
  }

  @Test
  void unpacksTheJarOfTheProfileSideBySide() throws IOException {
    cudnn("in the jar");
    file("in the jar/libcublas.so.12");
    file("in the jar/libcublasLt.so.12");
    file("in the jar/libcufft.so.11");
    try (Stream<Path> files = Files.list(machine.resolve("in the jar"))) {
      for (Path file : files.toList()) {
        jar.put(CudaRedistJar.FOLDER + file.getFileName(), file.toUri().toURL());
      }
    }
    CudaFinding cudnn = finder().cudnn();
    assertThat(cudnn.isUsable()).isTrue();
    assertThat(cudnn.place()).isEqualTo("the jar of profile cuda-redist");
    Path file = Objects.requireNonNull(cudnn.file());
    assertThat(file).startsWith(machine.resolve("unpacked").toRealPath());
    assertThat(cudnn.parts()).hasSameSizeAs(CudaFinder.CUDNN_PARTS);
    assertThat(finder().cublas(12).file()).hasParent(file.getParent());
    assertThat(finder().cublas(13).isUsable()).isFalse();
    assertThat(file.resolveSibling("libcufft.so.11")).doesNotExist();
  }

  @Test
  void saysWhatIsMissingAndWhereItLooked() throws IOException {
    CudaFinding driver = finder().driver();
    assertThat(driver.isUsable()).isFalse();
    assertThat(driver.file()).isNull();
    assertThat(driver.explanation())
        .isEqualTo(
            "libcuda.so.1 is nowhere to be found; install NVIDIA's driver (nvidia-smi shows it), or"
                + " start the container with its GPUs, or name its folder:"
                + " MULTIBOX_JAVA_OPTIONS=-Dmultibox.cuda.path=FOLDER");
    assertThat(finder().searched())
        .isEqualTo(
            "-Dmultibox.cuda.path, CUDA_HOME, CUDA_PATH, LD_LIBRARY_PATH, the dynamic linker,"
                + " /usr/local/cuda*, pip's nvidia/*/lib, the jar of profile cuda-redist");
    assertThat(finder().cudnn().explanation()).contains("libcudnn.so.9", "nvidia-cudnn-cu12");
    assertThat(finder().cublas(12).explanation()).contains("libcublas.so.12", "nvidia-cublas-cu12");
    assertThat(finder().cublas(13).explanation())
        .contains("libcublas.so.13", "nvidia-cublas==13.*");
  }

  @Test
  void looksIntoThePlacesInTheirOrder() throws IOException {
    // Every place has one; each in turn is found once those before it are gone.
    Map<String, Path> places = new LinkedHashMap<>();
    places.put("-Dmultibox.cuda.path", file("named/libcuda.so.1"));
    places.put("CUDA_HOME", file("home/lib64/libcuda.so.1"));
    places.put("CUDA_PATH", file("path/targets/x86_64-linux/lib/libcuda.so.1"));
    places.put("LD_LIBRARY_PATH", file("ld/libcuda.so.1"));
    places.put("the dynamic linker", file("system/libcuda.so.1"));
    places.put("/usr/local/cuda*", file("usr/local/cuda-12.4/lib64/libcuda.so.1"));
    places.put(
        "pip's nvidia/*/lib",
        file("venv/lib/python3.12/site-packages/nvidia/driver/lib/libcuda.so.1"));
    properties.put("multibox.cuda.path", machine.resolve("named").toString());
    variables.put("CUDA_HOME", machine.resolve("home").toString());
    variables.put("CUDA_PATH", machine.resolve("path").toString());
    variables.put("LD_LIBRARY_PATH", machine.resolve("none") + ":" + machine.resolve("ld"));
    variables.put("VIRTUAL_ENV", machine.resolve("venv").toString());
    linked.put("libcuda.so.1", places.get("the dynamic linker"));
    for (Map.Entry<String, Path> place : places.entrySet()) {
      CudaFinding driver = finder().driver();
      assertThat(driver.place()).isEqualTo(place.getKey());
      assertThat(driver.file()).isEqualTo(place.getValue());
      assertThat(driver.where()).endsWith("(found through %s)".formatted(place.getKey()));
      Files.delete(place.getValue());
      linked.values().remove(place.getValue());
    }
    assertThat(finder().driver().isUsable()).isFalse();
  }

  @Test
  void refusesANamedFolderThatIsNone() throws IOException {
    properties.put("multibox.cuda.path", folder("there") + ":" + machine.resolve("not"));
    assertThatExceptionOfType(IOException.class)
        .isThrownBy(this::finder)
        .withMessage("-Dmultibox.cuda.path: %s is no folder".formatted(machine.resolve("not")));
  }

  @Test
  void aNamedFolderMayBeAToolkitOrAFolderOfPackages() throws IOException {
    Path toolkit = file("toolkit/lib64/libcublas.so.12");
    file("toolkit/lib64/libcublasLt.so.12");
    Path wheel = cudnn("packages/nvidia/cudnn/lib");
    properties.put(
        "multibox.cuda.path", machine.resolve("toolkit") + ":" + machine.resolve("packages"));
    assertThat(finder().cublas(12).file()).isEqualTo(toolkit);
    assertThat(finder().cudnn().file()).isEqualTo(wheel);
    properties.put("multibox.cuda.path", machine.resolve("packages/nvidia").toString());
    assertThat(finder().cudnn().file()).isEqualTo(wheel);
  }

  @Test
  void takesTheChosenToolkitThenTheNewest() throws IOException {
    for (String version : List.of("cuda-9.2", "cuda-12.0", "cuda-12.10", "cuda-12.4", "cuda")) {
      file("usr/local/%s/lib64/libcublas.so.12".formatted(version));
      file("usr/local/%s/lib64/libcublasLt.so.12".formatted(version));
    }
    for (String version : List.of("cuda", "cuda-12.10", "cuda-12.4", "cuda-12.0", "cuda-9.2")) {
      Path wanted = machine.resolve("usr/local/%s/lib64/libcublas.so.12".formatted(version));
      assertThat(finder().cublas(12).file()).isEqualTo(wanted);
      Files.delete(wanted);
    }
  }

  @Test
  void findsThePythonOfThePathAndOfTheUser() throws IOException {
    file("conda/bin/python3");
    folder("tools/bin");
    variables.put("PATH", machine.resolve("tools/bin") + ":" + machine.resolve("conda/bin"));
    variables.put("HOME", machine.resolve("me").toString());
    Path onPath = cudnn("conda/lib/python3.13/site-packages/nvidia/cudnn/lib");
    Path users = cudnn("me/.local/lib/python3.11/site-packages/nvidia/cudnn/lib");
    Path systems = cudnn("usr/lib/python3/dist-packages/nvidia/cudnn/lib");
    cudnn("tools/lib/python3.13/site-packages/nvidia/cudnn/lib");
    for (Path wanted : List.of(onPath, users, systems)) {
      assertThat(finder().cudnn().file()).isEqualTo(wanted);
      Files.delete(wanted);
    }
    assertThat(finder().cudnn().isUsable()).isFalse();
  }

  @Test
  void refusesACudnnWithoutItsParts() throws IOException {
    Path first = cudnn("ld");
    variables.put("LD_LIBRARY_PATH", machine.resolve("ld").toString());
    assertThat(finder().cudnn().isUsable()).isTrue();
    Files.delete(machine.resolve("ld/libcudnn_heuristic.so.9"));
    Files.delete(machine.resolve("ld/libcudnn_engines_precompiled.so.9"));
    assertThat(finder().cudnn().isUsable()).isFalse();
    assertThat(finder().cudnn().explanation())
        .isEqualTo(
            "%s has no libcudnn_heuristic.so.9, libcudnn_engines_precompiled.so.9 beside it;"
                    .formatted(first)
                + " install cuDNN 9 (pip install nvidia-cudnn-cu12 or -cu13 will do)");
  }

  @Test
  void findsPartsBesideTheFileThatALinkLeadsTo() throws IOException {
    Path real = cudnn("real");
    Path optional = file("real/libcudnn_engines_tensor_ir.so.9");
    Files.createSymbolicLink(folder("ld").resolve(CUDNN), real);
    variables.put("LD_LIBRARY_PATH", machine.resolve("ld").toString());
    CudaFinding cudnn = finder().cudnn();
    assertThat(cudnn.isUsable()).isTrue();
    assertThat(cudnn.parts())
        .hasSize(CudaFinder.CUDNN_PARTS.size() + 1)
        .startsWith(real.resolveSibling("libcudnn_graph.so.9"))
        .endsWith(optional);
  }

  @Test
  void takesCublasOfTheCudaThatIsAskedFor() throws IOException {
    for (int version : List.of(12, 13)) {
      file("ld/libcublas.so." + version);
      file("ld/libcublasLt.so." + version);
    }
    variables.put("LD_LIBRARY_PATH", machine.resolve("ld").toString());
    assertThat(finder().cublas(12).file()).isEqualTo(machine.resolve("ld/libcublas.so.12"));
    assertThat(finder().cublas(13).file()).isEqualTo(machine.resolve("ld/libcublas.so.13"));
    Files.delete(machine.resolve("ld/libcublasLt.so.13"));
    assertThat(finder().cublas(13).explanation()).contains("has no libcublasLt.so.13 beside it");
  }
}
