package dev.multibox.backend;

import static dev.multibox.Tensors.assertClose;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static org.assertj.core.api.Assertions.assertThat;

import dev.multibox.SimulatedBackend;
import dev.multibox.Tensors;
import dev.multibox.backend.cpu.CpuBackend;
import dev.multibox.backend.cuda.sim.SimulationTotals;
import dev.multibox.tensor.DType;
import dev.multibox.tensor.Shape;
import dev.multibox.tensor.Tensor;
import dev.multibox.tensor.TensorArena;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * Every kernel against the CPU, in both types: on rows that divide into accesses of 16 bytes, which
 * most layers have, and on a few that do not; {@link HalfStorageTest} has more of those.
 */
class CudaParityTest {
  private static final List<Shape> ROWS =
      List.of(Shape.of(33, 8), Shape.of(257, 64), Shape.of(3, 520), Shape.of(3, 517));
  private static final List<Shape> IMAGES =
      List.of(Shape.of(2, 9, 7, 16), Shape.of(1, 1, 1, 8), Shape.of(1, 3, 3, 6));

  /** Sums of 257 terms in another order, and one rounding to F16. */
  private static final double F32 = 1e-5;

  private static final double F16 = 1e-3;

  private static final int LEAST_SEEDS = 3;
  private static final Path PTX = Path.of("src/main/resources/dev/multibox/cuda");
  private static final Pattern ENTRY = Pattern.compile("\\.entry (\\w+)");
  private static final Map<String, Long> LAUNCHES_BEFORE = new TreeMap<>();

  @TestFactory
  Stream<DynamicTest> computesWhatTheCpuDoes() {
    return HalfCases.all().entrySet().stream()
        .filter(op -> SimulatedBackend.has(op.getKey()))
        .map(op -> DynamicTest.dynamicTest(op.getKey(), () -> check(op.getValue())));
  }

  @TestFactory
  Stream<DynamicTest> computesWhatTheCpuDoesOfFloatsAndIntegersAlone() {
    return FullCases.all().entrySet().stream()
        .map(op -> DynamicTest.dynamicTest(op.getKey(), () -> checkFloats(op.getValue())));
  }

  private static void checkFloats(OpCases.Case op) {
    try (Backend cpu = CpuBackend.open();
        Backend cuda = SimulatedBackend.open()) {
      for (Shape shape : op.shapes()) {
        check(cpu, cuda, op.body(), shape, Activation.NONE, DType.F32, F32);
      }
    }
  }

  @BeforeAll
  static void rememberWhatRanBefore() {
    LAUNCHES_BEFORE.putAll(launches());
  }

  /** When all tests of this class have run, every kernel that is shipped has been compared. */
  @AfterAll
  static void everyKernelRan() throws IOException {
    Map<String, Long> launches = launches();
    List<String> idle = new ArrayList<>();
    for (String kernel : shipped()) {
      if (Objects.equals(launches.get(kernel), LAUNCHES_BEFORE.get(kernel))) {
        idle.add(kernel);
      }
    }
    assertThat(idle).as("kernels that nothing here launches").isEmpty();
  }

  private static Map<String, Long> launches() {
    Map<String, Long> launches = new TreeMap<>();
    SimulationTotals.all().forEach((kernel, total) -> launches.put(kernel, total.launches()));
    return launches;
  }

  /** The entries of all PTX. */
  private static List<String> shipped() throws IOException {
    List<String> kernels = new ArrayList<>();
    try (Stream<Path> files = Files.list(PTX)) {
      for (Path file : files.toList()) {
        ENTRY
            .matcher(Files.readString(file))
            .results()
            .forEach(entry -> kernels.add(entry.group(1)));
      }
    }
    assertThat(kernels).hasSizeGreaterThan(100).doesNotHaveDuplicates();
    return kernels;
  }

  /** Results have the same bits under every schedule: nothing is added in the order it comes. */
  @TestFactory
  Stream<DynamicTest> resultsDoNotDependOnTheSchedule() {
    return HalfCases.all().entrySet().stream()
        .filter(op -> SimulatedBackend.has(op.getKey()))
        .map(op -> DynamicTest.dynamicTest(op.getKey(), () -> checkSchedules(op.getValue())));
  }

  /** What an op takes that is neither rows nor feature maps is as its case has it. */
  private static List<Shape> shapes(OpCases.Case op) {
    return switch (op.shapes().getFirst().rank()) {
      case 2 -> ROWS;
      case 4 -> IMAGES;
      default -> op.shapes();
    };
  }

  private static void checkSchedules(OpCases.Case op) {
    Shape shape = shapes(op).getFirst();
    for (DType type : List.of(DType.F32, DType.F16)) {
      List<byte[]> first = results(1, op.body(), shape, type);
      for (int seed = 2; seed <= Math.max(LEAST_SEEDS, SimulatedBackend.seeds()); seed++) {
        assertThat(results(seed, op.body(), shape, type))
            .as("%s under seed %d", type, seed)
            .usingElementComparator(Arrays::compare)
            .isEqualTo(first);
      }
    }
  }

  private static List<byte[]> results(long seed, OpCases.Body body, Shape shape, DType type) {
    try (Backend backend = SimulatedBackend.open(seed);
        TensorArena arena = backend.newArena()) {
      Tensors tensors = new Tensors(backend, arena);
      HalfRun run = new HalfRun(backend, tensors, type, Activation.RELU);
      body.run(run, shape);
      return run.results().stream()
          .map(result -> tensors.bytes(result).toArray(JAVA_BYTE))
          .toList();
    }
  }

  private static void check(OpCases.Case op) {
    List<Shape> shapes = shapes(op);
    try (Backend cpu = CpuBackend.open();
        Backend cuda = SimulatedBackend.open()) {
      for (Shape shape : shapes) {
        for (Activation activation : Activation.values()) {
          check(cpu, cuda, op.body(), shape, activation, DType.F32, F32);
          check(cpu, cuda, op.body(), shape, activation, DType.F16, F16);
        }
      }
    }
  }

  private static void check(
      Backend cpu,
      Backend cuda,
      OpCases.Body body,
      Shape shape,
      Activation activation,
      DType type,
      double tolerance) {
    try (TensorArena host = cpu.newArena();
        TensorArena device = cuda.newArena()) {
      Tensors onHost = new Tensors(cpu, host);
      Tensors onDevice = new Tensors(cuda, device);
      HalfRun wanted = new HalfRun(cpu, onHost, type, activation);
      HalfRun found = new HalfRun(cuda, onDevice, type, activation);
      body.run(wanted, shape);
      body.run(found, shape);
      assertThat(found.results()).isNotEmpty().hasSameSizeAs(wanted.results());
      for (int i = 0; i < found.results().size(); i++) {
        Tensor result = found.results().get(i);
        Tensor expected = wanted.results().get(i);
        if (result.dtype() == DType.F32 || result.dtype() == DType.F16) {
          assertClose(onDevice.values(result), onHost.values(expected), tolerance);
        } else {
          assertThat(onDevice.bytes(result).mismatch(onHost.bytes(expected)))
              .as("first byte of result %d that differs", i)
              .isEqualTo(-1);
        }
      }
    }
  }
}
