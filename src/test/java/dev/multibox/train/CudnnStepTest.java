package dev.multibox.train;

import static org.assertj.core.api.Assertions.assertThat;

import dev.multibox.backend.Backend;
import dev.multibox.backend.cpu.CpuBackend;
import dev.multibox.backend.cuda.CudaBackend;
import dev.multibox.backend.cuda.cudnn.OfflineCudnn;
import dev.multibox.backend.cuda.cudnn.SimulatedCudnn;
import dev.multibox.backend.cuda.sim.CountingDriver;
import dev.multibox.backend.cuda.sim.HostConvolution;
import dev.multibox.backend.cuda.sim.SimulatedDriver;
import dev.multibox.tensor.DType;
import dev.multibox.tensor.TensorArena;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Whole training steps and detections of ssd-tiny with nothing replaced but the machine: our
 * kernels are interpreted, and convolutions are what cuDNN says of the graphs that it was given,
 * planned for an H200, timed, captured and played back.
 */
@OfflineCudnn.NeedsPlans
class CudnnStepTest {
  private static CudaBackend withCudnn() {
    return CudaBackend.open(SimulatedDriver.open(1), SimulatedCudnn::open);
  }

  private static CudaBackend withoutCudnn() {
    return CudaBackend.open(SimulatedDriver.open(1), HostConvolution::open);
  }

  @ParameterizedTest
  @EnumSource(names = {"F32", "F16"})
  void aStepIsTheCpus(DType type) {
    try (Backend cpu = CpuBackend.open();
        CudaBackend gpu = withCudnn()) {
      assertThat(gpu.description()).contains("convolution by cuDNN 9.");
      StepOutcome wanted = TinyTraining.train(cpu, type, 1, TinyTraining.RATE);
      TinyTraining.train(gpu, type, 1, TinyTraining.RATE).assertCloseTo(wanted);
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"F32", "F16"})
  void graphsAreWhatIsAskedForCallByCall(DType type) {
    try (Backend graphs = withCudnn();
        Backend eager = withCudnn().withoutGraphs()) {
      StepOutcome wanted = TinyTraining.train(eager, type, 3, TinyTraining.RATE);
      TinyTraining.train(graphs, type, 3, TinyTraining.RATE).assertSameAs(wanted);
    }
  }

  /** In F16 cuDNN adds a bias that was rounded to it, and the first biases are zeros. */
  @Test
  void noBitIsAnotherThanWithoutCudnn() {
    try (Backend with = withCudnn();
        Backend without = withoutCudnn()) {
      StepOutcome wanted = TinyTraining.train(without, DType.F32, 3, TinyTraining.RATE);
      TinyTraining.train(with, DType.F32, 3, TinyTraining.RATE).assertSameAs(wanted);
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"F32", "F16"})
  void detectsWhatTheCpuDetects(DType type) {
    try (Backend cpu = CpuBackend.open();
        Backend gpu = withCudnn()) {
      TinyTraining.assertClose(TinyTraining.detect(gpu, type), TinyTraining.detect(cpu, type));
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"F32", "F16"})
  void aStepNeitherWaitsNorAllocates(DType type) {
    SimulatedDriver simulated = SimulatedDriver.open(1);
    CountingDriver driver = new CountingDriver(simulated);
    try (Backend backend =
            CudaBackend.open(
                driver,
                setting ->
                    SimulatedCudnn.open(
                        setting,
                        HostConvolution.open(simulated, CountingDriver.inner(setting.stream()))));
        TensorArena arena = backend.newArena()) {
      TrainingStep step =
          new TrainingStep(
              backend,
              TinyTraining.network(backend, type, arena),
              Recipe.scratch(),
              TinyTraining.settings(),
              arena);
      for (int i = 0; i < 2; i++) {
        step.run(TinyTraining.BATCH, TinyTraining.RATE, i);
      }
      CountingDriver.Counts before = driver.counts();
      step.run(TinyTraining.BATCH, TinyTraining.RATE, 2);
      CountingDriver.Counts of = driver.counts().since(before);
      step.finish();
      assertThat(of.waits()).isZero();
      assertThat(of.allocations()).isZero();
      assertThat(of.graphs()).isEqualTo(2);
    }
  }
}
