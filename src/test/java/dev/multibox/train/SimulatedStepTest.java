package dev.multibox.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.multibox.SimulatedBackend;
import dev.multibox.autograd.Recompute;
import dev.multibox.autograd.StepPlan;
import dev.multibox.backend.Backend;
import dev.multibox.backend.NmsParams;
import dev.multibox.backend.cpu.CpuBackend;
import dev.multibox.backend.cuda.CudaBackend;
import dev.multibox.backend.cuda.sim.CountingDriver;
import dev.multibox.backend.cuda.sim.HostConvolution;
import dev.multibox.backend.cuda.sim.SimulatedDriver;
import dev.multibox.data.Batch;
import dev.multibox.model.Detection;
import dev.multibox.model.Detector;
import dev.multibox.model.ModelRegistry;
import dev.multibox.model.Ssd;
import dev.multibox.nn.Buffer;
import dev.multibox.nn.Parameter;
import dev.multibox.tensor.DType;
import dev.multibox.tensor.Shape;
import dev.multibox.tensor.Tensor;
import dev.multibox.tensor.TensorArena;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Whole training steps of ssd-tiny on the simulated GPU, with copies on a stream of their own and
 * steps played back as graphs, against the CPU's.
 */
class SimulatedStepTest {
  private static final int SIZE = 32;
  private static final int CLASSES = 7;
  private static final int IMAGES = 2;
  private static final List<Batch> BATCH = List.of(TrainingStepTimer.randomBatch(IMAGES, SIZE));
  private static final float RATE = 0.01f;

  /** For several steps: what differs grows with the rate. */
  private static final float SLOW_RATE = 0.001f;

  /** Sums of thousands of terms in another order, through eight layers with batch norm. */
  private static final double FLOAT_TOLERANCE = 2e-3;

  /** Roundings to F16 in other places, some of which turn a ReLU or a maximum over. */
  private static final double HALF_TOLERANCE = 0.1;

  /**
   * Training multiplies differences: in ten steps from 1e-5 to what is seen at the first filter.
   */
  private static final double TEN_STEPS_TOLERANCE = 0.15;

  /** What steps leave behind, by name, and their losses. */
  private record Outcome(List<Float> losses, Map<String, float[]> values, List<Integer> targets) {}

  /** The CUDA backend on a simulated GPU; its convolutions, which are cuDNN's, by the CPU. */
  private static CudaBackend simulated(long seed) {
    SimulatedDriver driver = SimulatedDriver.open(seed);
    return CudaBackend.open(driver, setting -> HostConvolution.open(driver, setting.stream()));
  }

  private static CudaBackend on(CountingDriver driver, SimulatedDriver simulated) {
    return CudaBackend.open(
        driver, setting -> HostConvolution.open(simulated, CountingDriver.inner(setting.stream())));
  }

  private static Outcome run(Backend backend, DType type, int steps) {
    return run(backend, type, steps, RATE);
  }

  private static Outcome run(Backend backend, DType type, int steps, float rate) {
    try (TensorArena arena = backend.newArena()) {
      Ssd.Config config = new Ssd.Config(ModelRegistry.find("ssd-tiny"), SIZE, SIZE, CLASSES);
      Ssd ssd = new Ssd(backend, config, type, arena);
      ssd.state().initialize(1);
      StepSettings settings = settings();
      TrainingStep step = new TrainingStep(backend, ssd, Recipe.scratch(), settings, arena);
      List<Float> losses = new ArrayList<>();
      for (int i = 0; i < steps; i++) {
        step.run(BATCH, rate, i).forEach(result -> losses.add(result.loss()));
      }
      step.finish().forEach(result -> losses.add(result.loss()));
      backend.synchronize();
      return new Outcome(
          losses,
          values(backend, ssd, type, arena),
          Arrays.stream(backend.ints(step.input().classTargets())).boxed().toList());
    }
  }

  private static StepSettings settings() {
    long bytes = IMAGES * TensorArena.padded(3L * SIZE * SIZE);
    return new StepSettings(IMAGES, 1, 4, bytes, Recompute.NONE);
  }

  private static Map<String, float[]> values(
      Backend backend, Ssd ssd, DType type, TensorArena arena) {
    Map<String, float[]> values = new LinkedHashMap<>();
    for (Parameter parameter : ssd.state().parameters()) {
      values.put(parameter.name(), ssd.state().read(parameter, parameter.value()));
      values.put(
          "momentum of " + parameter.name(), ssd.state().read(parameter, parameter.momentum()));
      Tensor gradient = parameter.variable().grad();
      Tensor wide = arena.allocate(gradient.shape(), DType.F32);
      backend.convert().convert(gradient, wide);
      values.put("gradient of " + parameter.name(), ssd.state().read(parameter, wide));
    }
    for (Buffer buffer : ssd.state().buffers()) {
      values.put(buffer.name(), backend.floats(buffer.value()));
    }
    assertThat(type).isEqualTo(ssd.type());
    return values;
  }

  @ParameterizedTest
  @EnumSource(names = {"F32", "F16"})
  void aStepIsTheCpus(DType type) {
    compare(type, 1, type == DType.F32 ? FLOAT_TOLERANCE : HALF_TOLERANCE);
  }

  private static void compare(DType type, int steps, double tolerance) {
    Outcome wanted;
    Outcome found;
    try (Backend cpu = CpuBackend.open();
        Backend gpu = simulated(1)) {
      float rate = steps > 1 ? SLOW_RATE : RATE;
      wanted = run(cpu, type, steps, rate);
      found = run(gpu, type, steps, rate);
    }
    assertThat(found.targets()).isEqualTo(wanted.targets()).contains(1);
    assertThat(found.losses()).hasSameSizeAs(wanted.losses());
    for (int i = 0; i < steps; i++) {
      assertThat(found.losses().get(i))
          .isCloseTo(wanted.losses().get(i), within((float) tolerance * wanted.losses().get(i)));
    }
    if (steps > 1) {
      for (String kind : List.of("weight", "running_mean", "running_var")) {
        assertThat(distance(all(found, kind), all(wanted, kind)))
            .describedAs(kind)
            .isLessThan(tolerance);
      }
      return;
    }
    wanted
        .values()
        .forEach((name, expected) ->
            assertThat(distance(Objects.requireNonNull(found.values().get(name)), expected))
                .describedAs(name)
                .isLessThan(tolerance));
  }

  /** All tensors of a kind one behind the other, without momentum and gradients. */
  private static float[] all(Outcome outcome, String kind) {
    List<float[]> parts = new ArrayList<>();
    int length = 0;
    for (Map.Entry<String, float[]> each : outcome.values().entrySet()) {
      if (each.getKey().endsWith(kind) && !each.getKey().contains(" of ")) {
        parts.add(each.getValue());
        length += each.getValue().length;
      }
    }
    float[] whole = new float[length];
    int at = 0;
    for (float[] part : parts) {
      System.arraycopy(part, 0, whole, at, part.length);
      at += part.length;
    }
    return whole;
  }

  /** {@code |a - b| / |b|}, of zeros {@code |a - b|^2}. */
  private static double distance(float[] a, float[] b) {
    double difference = 0;
    double size = 0;
    for (int i = 0; i < b.length; i++) {
      difference += Math.pow((double) a[i] - b[i], 2);
      size += Math.pow(b[i], 2);
    }
    return size == 0 ? difference : Math.sqrt(difference / size);
  }

  @ParameterizedTest
  @EnumSource(names = {"F32", "F16"})
  void tenStepsInARowAreTheCpus(DType type) {
    compare(type, 10, TEN_STEPS_TOLERANCE);
  }

  @ParameterizedTest
  @EnumSource(names = {"F32", "F16"})
  void graphsAreWhatIsAskedForKernelByKernel(DType type) {
    try (Backend graphs = simulated(1);
        Backend eager = simulated(1).withoutGraphs()) {
      // Asked for kernel by kernel, captured, and played back.
      assertSame(run(graphs, type, 3), run(eager, type, 3));
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"F32", "F16"})
  void noBitDependsOnTheSchedule(DType type) {
    Outcome first;
    try (Backend gpu = simulated(1)) {
      first = run(gpu, type, 2);
    }
    for (long seed = 2; seed <= Math.max(2, SimulatedBackend.seeds()); seed++) {
      try (Backend gpu = simulated(seed)) {
        assertSame(run(gpu, type, 2), first);
      }
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"F32", "F16"})
  void detectsWhatTheCpuDetects(DType type) {
    try (Backend cpu = CpuBackend.open();
        Backend gpu = simulated(1)) {
      List<Detection> wanted = detect(cpu, type);
      List<Detection> found = detect(gpu, type);

      assertThat(found).hasSameSizeAs(wanted).hasSizeGreaterThan(10);
      for (int i = 0; i < found.size(); i++) {
        assertThat(found.get(i).label()).isEqualTo(wanted.get(i).label());
        assertThat(found.get(i).score()).isCloseTo(wanted.get(i).score(), within(0.01f));
        assertThat(found.get(i).xmin()).isCloseTo(wanted.get(i).xmin(), within(0.01f));
        assertThat(found.get(i).ymax()).isCloseTo(wanted.get(i).ymax(), within(0.01f));
      }
    }
  }

  private static List<Detection> detect(Backend backend, DType type) {
    try (TensorArena arena = backend.newArena()) {
      Ssd.Config config = new Ssd.Config(ModelRegistry.find("ssd-tiny"), SIZE, SIZE, CLASSES);
      Ssd ssd = new Ssd(backend, config, type, arena);
      ssd.state().initialize(1);
      // Heads far from the uniform distribution, so that rounding changes no order.
      for (Parameter parameter : ssd.state().parameters()) {
        if (parameter.name().startsWith("heads.") && parameter.name().endsWith("weight")) {
          float[] values = ssd.state().read(parameter, parameter.value());
          for (int i = 0; i < values.length; i++) {
            values[i] *= 20;
          }
          ssd.state().write(parameter, parameter.value(), values);
        }
      }
      NmsParams nms = config.definition().nms().withTopK(20);
      Detector detector = new Detector(backend, ssd, nms, 1, arena);
      Shape image = ssd.imageShape(1);
      new ImageBatch(backend, 0, arena)
          .prepare(
              BATCH.getFirst().samples().subList(0, 1),
              config.definition().normalisation(),
              detector.images(1));
      assertThat(image.dim(3)).isEqualTo(backend.channelMultiple() == 1 ? 3 : 8);
      return detector.detect(1).getFirst();
    }
  }

  private static void assertSame(Outcome found, Outcome wanted) {
    assertThat(found.losses()).isEqualTo(wanted.losses());
    wanted
        .values()
        .forEach((name, expected) ->
            assertThat(found.values().get(name)).describedAs(name).isEqualTo(expected));
  }

  /**
   * What a step asks of the device and moves there, once it is played back. Kernels are what the
   * network has layers for, and so are bytes: who changes either changes these numbers.
   */
  @ParameterizedTest
  @CsvSource({"F32, 31.7e6, 12.7e6", "F16, 29.5e6, 6.4e6"})
  void aStepNeitherWaitsNorAllocates(DType type, double kernelBytes, double otherBytes) {
    SimulatedDriver simulated = SimulatedDriver.open(1);
    CountingDriver driver = new CountingDriver(simulated);
    try (Backend backend = on(driver, simulated);
        TensorArena arena = backend.newArena()) {
      Ssd.Config config = new Ssd.Config(ModelRegistry.find("ssd-tiny"), SIZE, SIZE, CLASSES);
      Ssd ssd = new Ssd(backend, config, type, arena);
      ssd.state().initialize(1);
      TrainingStep step = new TrainingStep(backend, ssd, Recipe.scratch(), settings(), arena);
      StepPlan plan = TrainingStep.plan(backend, ssd, Recipe.scratch(), settings());
      assertThat(arena.allocatedBytes()).isEqualTo(plan.peakBytes());
      for (int i = 0; i < 3; i++) {
        step.run(BATCH, RATE, i);
      }
      long askedBefore = driver.counts().asked();
      step.run(BATCH, RATE, 3);
      simulated.synchronize();
      SimulatedDriver.Moved movedBefore = simulated.moved();
      CountingDriver.Counts before = driver.counts();
      step.run(BATCH, RATE, 4);
      CountingDriver.Counts of = driver.counts().since(before);
      simulated.synchronize();
      SimulatedDriver.Moved moved = simulated.moved().since(movedBefore);
      step.finish();
      print(type, of, moved);

      assertThat(of.waits()).isZero();
      assertThat(of.allocations()).isZero();
      // The host waits for what was asked for a step ago at most, which keeps it from running away.
      assertThat(of.awaited()).isLessThanOrEqualTo(askedBefore);
      assertThat(of.graphs()).isEqualTo(2);
      assertThat(of.graphKernels()).isEqualTo(81);
      assertThat(of.graphOthers()).isEqualTo(57);
      // Preparing the images and matching.
      assertThat(of.kernels()).isEqualTo(4);
      assertThat(of.copies()).isEqualTo(7);
      assertThat((double) moved.kernels()).isLessThanOrEqualTo(kernelBytes);
      assertThat((double) moved.others()).isLessThanOrEqualTo(otherBytes);
    }
  }

  private static void print(DType type, CountingDriver.Counts of, SimulatedDriver.Moved moved) {
    System.out.printf(
        Locale.ROOT,
        "%s step of ssd-tiny, %d images of %d: %d launches of the host (%d graphs, %d kernels before"
            + " them); in the graphs %d kernels and %d convolutions and fills; kernels moved %.2f"
            + " MB, the others %.2f MB; %d copies of %d bytes, %d host waits, %d allocations%n",
        type,
        IMAGES,
        SIZE,
        of.graphs() + of.kernels(),
        of.graphs(),
        of.kernels(),
        of.graphKernels(),
        of.graphOthers(),
        moved.kernels() / 1e6,
        moved.others() / 1e6,
        of.copies(),
        of.bytes(),
        of.waits(),
        of.allocations());
  }
}
