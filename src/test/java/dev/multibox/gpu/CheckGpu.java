package dev.multibox.gpu;

import dev.multibox.backend.cuda.driver.CudaSystem;
import dev.multibox.backend.cuda.driver.CudnnException;
import dev.multibox.backend.cuda.driver.DeviceProperties;
import dev.multibox.backend.cuda.driver.DriverException;
import dev.multibox.cli.UserError;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

/**
 * {@code check-gpu}: runs every test of a GPU and ends with {@code N passed, N failed}. Exit codes:
 * 0 if something passed and nothing failed, 1 if not or without a GPU, 2 for wrong input.
 *
 * <p>{@code -Dmultibox.backends=cuda-simulated} runs the same tests on the simulated GPU, to try
 * the check itself where there is no other.
 */
@Command(
    name = "check-gpu",
    description = "Runs every test of a GPU on the first GPU of this machine.",
    footer = {
      "",
      "Examples:",
      "  check-gpu --device-json gpu.json     describes the GPU, then runs every test",
      "  check-gpu --only 'Box*Test,NmsTest'  some of the tests",
      "  check-gpu --sanitize                 memcheck, then racecheck",
      "",
      "Ends with a line 'N passed, N failed'.",
      "Exit codes: 0 all passed, 1 not so or no GPU, 2 the input is wrong."
    })
final class CheckGpu implements Callable<Integer> {
  private static final String BACKENDS = "multibox.backends";
  private static final String GOLDEN = "multibox.golden";
  private static final Path GOLDEN_OF_CHECKOUT = Path.of("src", "test", "resources", "golden");

  private static final int GIB_BITS = 30;

  private static final int DONE = 0;
  private static final int FAILED = 1;
  private static final int WRONG_INPUT = 2;

  private final PrintStream out = System.out;
  private final PrintStream err = System.err;

  @Option(
      names = "--checkout",
      paramLabel = "DIR",
      description =
          "A checkout of MultiBox, whose golden vectors the tests compare with (the nearest above"
              + " this program or the current folder).")
  private @Nullable Path checkout;

  @Option(
      names = "--only",
      paramLabel = "CLASSES",
      split = ",",
      description = "Run these test classes alone; * stands for any letters.")
  private List<String> only = List.of();

  @Option(
      names = "--sanitize",
      description = "Run them twice under compute-sanitizer: as memcheck, then as racecheck.")
  private boolean sanitize;

  @Option(
      names = "--device-json",
      paramLabel = "FILE",
      description = "First write there how cuDNN describes the GPU.")
  private @Nullable Path deviceJson;

  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "Show this page.")
  @SuppressWarnings("unused") // picocli reads the annotation alone
  private boolean help;

  public static void main(String[] args) {
    CommandLine line = new CommandLine(new CheckGpu());
    line.setParameterExceptionHandler(CheckGpu::refuse);
    line.setExecutionExceptionHandler((e, _, _) -> report(e));
    // Drivers leave threads behind.
    System.exit(line.execute(args));
  }

  private static int refuse(ParameterException e, String[] args) {
    System.err.printf("check-gpu: %s; try 'check-gpu --help'%n", e.getMessage());
    return WRONG_INPUT;
  }

  private static int report(Exception e) {
    String said =
        switch (e) {
          case UserError _, IOException _, CudnnException _, DriverException _ -> e.getMessage();
          default -> e.toString();
        };
    System.err.println("check-gpu: " + said);
    return e instanceof UserError ? WRONG_INPUT : FAILED;
  }

  @Override
  public Integer call() throws IOException, InterruptedException {
    Path golden = golden();
    System.setProperty(GOLDEN, golden.toString());
    if (System.getProperty(BACKENDS) == null) {
      System.setProperty(BACKENDS, "cuda");
    }
    List<Sanitizer> sanitizers = sanitize ? Sanitizer.all() : List.of();
    boolean real = System.getProperty(BACKENDS).equals("cuda");
    if ((real || deviceJson != null) && !hasGpu()) {
      return FAILED;
    }
    if (!real) {
      out.printf("GPU: none is asked, the tests run on: %s%n", System.getProperty(BACKENDS));
    }
    if (deviceJson != null) {
      out.println("described " + DeviceDescription.write(deviceJson) + " in " + deviceJson);
    }
    return end(sanitizers.isEmpty() ? GpuTests.run(only, out) : sanitized(sanitizers));
  }

  /** Whether there is a GPU to test; says which and by what libraries, or why not. */
  private boolean hasGpu() {
    CudaSystem system = CudaSystem.find();
    if (!system.isUsable()) {
      system.problems().forEach(problem -> err.println("check-gpu: no GPU to test: " + problem));
      return false;
    }
    for (DeviceProperties device : system.devices()) {
      out.printf(
          "GPU: %s, %s, %d GiB%n",
          device.name(), device.architecture(), device.totalBytes() >> GIB_BITS);
    }
    system.libraryFacts().forEach((name, fact) -> out.println(name + ": " + fact));
    return true;
  }

  private Counts sanitized(List<Sanitizer> sanitizers) throws IOException, InterruptedException {
    List<String> options = new ArrayList<>();
    if (checkout != null) {
      options.addAll(List.of("--checkout", checkout.toString()));
    }
    if (!only.isEmpty()) {
      options.addAll(List.of("--only", String.join(",", only)));
    }
    Counts sum = Counts.NONE;
    for (Sanitizer sanitizer : sanitizers) {
      sum = sum.plus(sanitizer.run(CheckGpu.class, options, out));
    }
    return sum;
  }

  private int end(Counts counts) {
    if (counts.equals(Counts.NONE)) {
      throw UserError.of(
          "%s: no test of a GPU is called that",
          only.isEmpty() ? "check-gpu" : "--only " + String.join(",", only));
    }
    out.println(counts);
    return counts.failed() == 0 && counts.passed() > 0 ? DONE : FAILED;
  }

  /** The golden vectors of the checkout that is named, or of the nearest one. */
  private Path golden() {
    if (checkout != null) {
      return in(checkout)
          .orElseThrow(() ->
              UserError.of(
                  "--checkout %s: has no %s; name the root of a checkout of MultiBox",
                  checkout, GOLDEN_OF_CHECKOUT));
    }
    return Stream.of(System.getProperty("multibox.bundle", ""), "")
        .map(place -> Path.of(place).toAbsolutePath())
        .flatMap(place -> Stream.iterate(place, folder -> folder != null, Path::getParent))
        .flatMap(folder -> in(folder).stream())
        .findFirst()
        .orElseThrow(() ->
            UserError.of(
                "no checkout of MultiBox, whose golden vectors the tests need, is above this"
                    + " program or the current folder; name one: --checkout DIR"));
  }

  private static Optional<Path> in(Path folder) {
    return Optional.of(folder.resolve(GOLDEN_OF_CHECKOUT)).filter(Files::isDirectory);
  }
}
