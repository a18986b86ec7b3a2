package dev.multibox.train;

import static org.assertj.core.api.Assertions.assertThat;

import dev.multibox.SimulatedBackend;
import dev.multibox.autograd.StepPlan;
import dev.multibox.backend.Backend;
import dev.multibox.backend.cpu.CpuBackend;
import dev.multibox.backend.cuda.CudaBackend;
import dev.multibox.backend.cuda.sim.CountingDriver;
import dev.multibox.backend.cuda.sim.HostConvolution;
import dev.multibox.backend.cuda.sim.SimulatedDriver;
import dev.multibox.model.Ssd;
import dev.multibox.tensor.DType;
import dev.multibox.tensor.TensorArena;
import java.util.Locale;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Whole training steps of ssd-tiny on the simulated GPU, with copies on a stream of their own and
 * steps played back as graphs, against the CPU's.
 */
class SimulatedStepTest {
  /** The CUDA backend on a simulated GPU; its convolutions, which are cuDNN's, by the CPU. */
  private static CudaBackend simulated(long seed) {
    SimulatedDriver driver = SimulatedDriver.open(seed);
    return CudaBackend.open(driver, setting -> HostConvolution.open(driver, setting.stream()));
  }

  private static CudaBackend on(CountingDriver driver, SimulatedDriver simulated) {
    return CudaBackend.open(
        driver, setting -> HostConvolution.open(simulated, CountingDriver.inner(setting.stream())));
  }

  private static StepOutcome train(Backend backend, DType type, int steps) {
    return TinyTraining.train(backend, type, steps, TinyTraining.RATE);
  }

  @ParameterizedTest
  @EnumSource(names = {"F32", "F16"})
  void aStepIsTheCpus(DType type) {
    compare(type, 1, TinyTraining.RATE);
  }

  private static void compare(DType type, int steps, float rate) {
    try (Backend cpu = CpuBackend.open();
        Backend gpu = simulated(1)) {
      StepOutcome wanted = TinyTraining.train(cpu, type, steps, rate);
      TinyTraining.train(gpu, type, steps, rate).assertCloseTo(wanted);
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"F32", "F16"})
  void tenStepsInARowAreTheCpus(DType type) {
    compare(type, 10, TinyTraining.SLOW_RATE);
  }

  @ParameterizedTest
  @EnumSource(names = {"F32", "F16"})
  void graphsAreWhatIsAskedForKernelByKernel(DType type) {
    try (Backend graphs = simulated(1);
        Backend eager = simulated(1).withoutGraphs()) {
      // Asked for kernel by kernel, captured, and played back.
      train(graphs, type, 3).assertSameAs(train(eager, type, 3));
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"F32", "F16"})
  void noBitDependsOnTheSchedule(DType type) {
    StepOutcome first;
    try (Backend gpu = simulated(1)) {
      first = train(gpu, type, 2);
    }
    for (long seed = 2; seed <= Math.max(2, SimulatedBackend.seeds()); seed++) {
      try (Backend gpu = simulated(seed)) {
        train(gpu, type, 2).assertSameAs(first);
      }
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"F32", "F16"})
  void detectsWhatTheCpuDetects(DType type) {
    try (Backend cpu = CpuBackend.open();
        Backend gpu = simulated(1)) {
      TinyTraining.assertClose(TinyTraining.detect(gpu, type), TinyTraining.detect(cpu, type));
    }
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
      Ssd ssd = TinyTraining.network(backend, type, arena);
      StepSettings settings = TinyTraining.settings();
      TrainingStep step = new TrainingStep(backend, ssd, Recipe.scratch(), settings, arena);
      StepPlan plan = TrainingStep.plan(backend, ssd, Recipe.scratch(), settings);
      assertThat(arena.allocatedBytes() + backend.workspaceBytes()).isEqualTo(plan.peakBytes());
      for (int i = 0; i < 3; i++) {
        step.run(TinyTraining.BATCH, TinyTraining.RATE, i);
      }
      long askedBefore = driver.counts().asked();
      step.run(TinyTraining.BATCH, TinyTraining.RATE, 3);
      simulated.synchronize();
      SimulatedDriver.Moved movedBefore = simulated.moved();
      CountingDriver.Counts before = driver.counts();
      step.run(TinyTraining.BATCH, TinyTraining.RATE, 4);
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
        TinyTraining.IMAGES,
        TinyTraining.SIZE,
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
