package dev.multibox.backend.cuda.driver;

import static org.assertj.core.api.Assertions.assertThat;

import dev.multibox.CCompiler;
import dev.multibox.ChildJvm;
import dev.multibox.Needs;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What JCublas, bound to CUDA 13, calls in a cuBLAS that stands in. */
class JCublasApiTest {
  private static final Path SOURCES = Path.of("src", "test", "c");

  @TempDir private Path folder;

  /** Multiplies, with {@code args} the driver and the cuBLAS that stand in. */
  static final class Program {
    private Program() {}

    @SuppressWarnings("restricted")
    public static void main(String[] args) throws IOException {
      System.load(args[0]);
      System.load(args[1]);
      JCudaDriver driver = JCudaDriver.open(0);
      Stream stream = driver.newStream();
      try (CublasApi api = JCublasApi.open(stream, 13)) {
        System.out.println("= version " + api.version());
        api.setWorkspace(0x4000, 1 << 20);
        api.multiply(2, 3, 4, 0x100, 0x200, 0x300, false, false);
        api.multiply(5, 6, 7, 0x100, 0x200, 0x300, true, true);
        api.multiply(0, 3, 4, 0x100, 0x200, 0x300, false, false);
      } catch (IllegalStateException e) {
        System.out.println("= " + e.getMessage());
      }
    }
  }

  @Test
  @Needs(CCompiler.Gcc.class)
  void multipliesRowMajorMatrices() throws Exception {
    Path driver =
        CCompiler.library(folder, "libcuda.so.1", Files.readString(SOURCES.resolve("cuda.c")));
    Path script = folder.resolve("version");
    Files.writeString(script, "libcublas.so.13 { global: cublas*; };");
    Path cublas =
        CCompiler.library(
            folder,
            "libcublas.so.13",
            Files.readString(SOURCES.resolve("cublas.c")),
            "-Wl,--version-script=" + script);
    ChildJvm.Result result = ChildJvm.run(Program.class, List.of(), Map.of(), driver, cublas);
    assertThat(result.lines())
        .filteredOn(line -> line.startsWith("cublas") || line.startsWith("="))
        .containsExactly(
            "cublasCreate",
            "cublasSetStream 0x10, 0x201",
            "cublasGetVersion",
            "= version 130101",
            "cublasSetWorkspace 0x4000, 1048576",
            // As columns: b [n, k] times a [k, m]; pedantic F32 is 69, TF32 is 77.
            "cublasGemmEx ops 0 0, 3 2 4, 1, 0x200 type 0 ld 3, 0x100 type 0 ld 4, 0, 0x300 type 0"
                + " ld 3, compute 69, -1",
            "cublasGemmEx ops 0 0, 6 5 7, 1, 0x200 type 0 ld 6, 0x100 type 0 ld 7, 1, 0x300 type 0"
                + " ld 6, compute 77, -1",
            "cublasGemmEx ops 0 0, 3 0 4, 1, 0x200 type 0 ld 3, 0x100 type 0 ld 4, 0, 0x300 type 0"
                + " ld 3, compute 69, -1",
            "cublasDestroy 0x10",
            "= cuBLAS: multiply(m=0, n=3, k=4): CUBLAS_STATUS_INVALID_VALUE");
  }
}
