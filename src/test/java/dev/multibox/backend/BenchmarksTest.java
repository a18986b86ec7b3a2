package dev.multibox.backend;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Holds the benchmarks, which only their own Maven profile compiles, to the ops there are. */
class BenchmarksTest {
  private static final Path BENCHMARKS = Path.of("jmh/dev/multibox/backend");

  static Stream<String> ops() {
    return Ops.all().stream();
  }

  @ParameterizedTest
  @MethodSource("ops")
  void everyOpHasABenchmarkOfItsName(String op) throws IOException {
    int dot = op.indexOf("Kernels.");
    Path file = BENCHMARKS.resolve(op.substring(0, dot) + "Benchmark.java");
    String name = op.substring(op.indexOf('.') + 1);

    assertThat(file).content().contains("  @Benchmark\n  public void %s(".formatted(name));
  }

  @Test
  void benchmarksRunOnAnyDevice() throws IOException {
    List<Path> benchmarks;
    try (Stream<Path> files = Files.list(BENCHMARKS)) {
      benchmarks =
          files
              .filter(file -> file.toString().endsWith("Benchmark.java"))
              .filter(file -> !file.endsWith("OpBenchmark.java"))
              .toList();
    }

    assertThat(benchmarks)
        .isNotEmpty()
        .allSatisfy(file ->
            assertThat(file)
                .content()
                .contains("extends OpBenchmark")
                .doesNotContain("CpuBackend", "CudaBackend", ".host()"));
  }
}
