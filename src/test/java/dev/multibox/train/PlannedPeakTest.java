package dev.multibox.train;

import static org.assertj.core.api.Assertions.assertThat;

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
import dev.multibox.model.Detector;
import dev.multibox.model.ModelRegistry;
import dev.multibox.model.Ssd;
import dev.multibox.tensor.DType;
import dev.multibox.tensor.TensorArena;
import java.util.List;
import java.util.function.LongSupplier;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What is planned against what is allocated, to the byte: by the driver of a GPU, on the CPU. */
class PlannedPeakTest {
  private static final int SIZE = 32;
  private static final int IMAGES = 2;
  private static final Batch BATCH = TrainingStepTimer.randomBatch(IMAGES, SIZE);

  /** A backend, and how to ask what is allocated while an arena of it is open. */
  private record Device(Backend backend, TensorArena arena, LongSupplier held)
      implements AutoCloseable {
    /** Every tensor has an allocation of the driver's, which is asked. */
    static Device gpu() {
      SimulatedDriver simulated = SimulatedDriver.open(1);
      CountingDriver driver = new CountingDriver(simulated);
      Backend backend =
          CudaBackend.openUnpooled(
              driver,
              setting -> HostConvolution.open(simulated, CountingDriver.inner(setting.stream())));
      return new Device(backend, backend.newArena(), driver::heldBytes);
    }

    static Device cpu() {
      Backend backend = CpuBackend.open();
      TensorArena arena = backend.newArena();
      return new Device(backend, arena, () -> arena.allocatedBytes() + backend.workspaceBytes());
    }

    @Override
    public void close() {
      arena.close();
      backend.close();
    }
  }

  private static Ssd network(Device device, DType type) {
    Ssd.Config config = new Ssd.Config(ModelRegistry.find("ssd-tiny"), SIZE, SIZE, 7);
    Ssd ssd = new Ssd(device.backend(), config, type, device.arena());
    ssd.state().initialize(1);
    return ssd;
  }

  private static StepSettings settings(Recompute recompute) {
    long bytes = IMAGES * TensorArena.padded(3L * SIZE * SIZE);
    return new StepSettings(IMAGES, 1, 4, bytes, recompute);
  }

  @ParameterizedTest
  @EnumSource(names = {"F32", "F16"})
  void aStepOnTheGpuTakesItsPeakBeforeItBegins(DType type) {
    for (Recompute recompute : List.of(Recompute.NONE, Recompute.NORM)) {
      try (Device device = Device.gpu()) {
        Ssd ssd = network(device, type);
        Recipe recipe = Recipe.scratch();
        StepSettings settings = settings(recompute);
        StepPlan plan = TrainingStep.plan(device.backend(), ssd, recipe, settings);
        TrainingStep step =
            new TrainingStep(device.backend(), ssd, recipe, settings, device.arena());
        assertThat(device.held().getAsLong()).isEqualTo(plan.peakBytes());

        step.run(List.of(BATCH), 0.01f, 0);
        step.finish();
        assertThat(device.held().getAsLong()).isEqualTo(plan.peakBytes());
        assertThat(plan.workspaceBytes()).isPositive();
      }
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"F32", "F16"})
  void detectionOnTheGpuTakesItsPeakBeforeItBegins(DType type) {
    try (Device device = Device.gpu()) {
      StepPlan plan = detect(device, network(device, type));
      assertThat(device.held().getAsLong()).isEqualTo(plan.peakBytes());
    }
  }

  /** On the CPU kernels take beside their operands what they need when they first need it. */
  @ParameterizedTest
  @EnumSource(names = {"F32", "F16"})
  void detectionOnTheCpuHasThePlannedPeak(DType type) {
    try (Device device = Device.cpu()) {
      StepPlan plan = detect(device, network(device, type));
      assertThat(device.held().getAsLong()).isEqualTo(plan.peakBytes());
      assertThat(plan.workspaceBytes()).isPositive();
    }
  }

  private static StepPlan detect(Device device, Ssd ssd) {
    NmsParams nms = ssd.config().definition().nms();
    StepPlan plan = Detector.plan(device.backend(), ssd, nms, IMAGES);
    Detector detector = new Detector(device.backend(), ssd, nms, IMAGES, device.arena());
    detector.detect(IMAGES);
    detector.detect(IMAGES);
    return plan;
  }
}
