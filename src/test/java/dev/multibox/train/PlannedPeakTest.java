package dev.multibox.train;

import static org.assertj.core.api.Assertions.assertThat;

import dev.multibox.autograd.Recompute;
import dev.multibox.autograd.StepPlan;
import dev.multibox.backend.Backend;
import dev.multibox.backend.NmsParams;
import dev.multibox.backend.cpu.CpuBackend;
import dev.multibox.backend.cuda.CudaBackend;
import dev.multibox.backend.cuda.CudaConvolution;
import dev.multibox.backend.cuda.cudnn.OfflineCudnn;
import dev.multibox.backend.cuda.cudnn.SimulatedCudnn;
import dev.multibox.backend.cuda.sim.CountingDriver;
import dev.multibox.backend.cuda.sim.HostConvolution;
import dev.multibox.backend.cuda.sim.SimulatedDriver;
import dev.multibox.model.Detector;
import dev.multibox.model.Ssd;
import dev.multibox.tensor.DType;
import dev.multibox.tensor.TensorArena;
import java.util.List;
import java.util.function.LongSupplier;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What is planned against what is allocated, to the byte: by the driver of a GPU, on the CPU. */
class PlannedPeakTest {
  /** What convolves, given what it could leave that to. */
  private interface Convolution {
    CudaConvolution open(CudaConvolution.Setting setting, HostConvolution host);
  }

  /** A backend, and how to ask what is allocated while an arena of it is open. */
  private record Device(Backend backend, TensorArena arena, LongSupplier held)
      implements AutoCloseable {
    /** Every tensor has an allocation of the driver's, which is asked. */
    static Device gpu(Convolution convolution) {
      SimulatedDriver simulated = SimulatedDriver.open(1);
      CountingDriver driver = new CountingDriver(simulated);
      Backend backend =
          CudaBackend.openUnpooled(
              driver,
              setting ->
                  convolution.open(
                      setting,
                      HostConvolution.open(simulated, CountingDriver.inner(setting.stream()))));
      return new Device(backend, backend.newArena(), driver::heldBytes);
    }

    static Device gpu() {
      return gpu((_, host) -> host);
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

  @ParameterizedTest
  @EnumSource(names = {"F32", "F16"})
  void aStepOnTheGpuTakesItsPeakBeforeItBegins(DType type) {
    for (Recompute recompute : List.of(Recompute.NONE, Recompute.NORM)) {
      try (Device device = Device.gpu()) {
        checkStep(device, type, recompute);
      }
    }
  }

  /** With cuDNN, whose plans for an H200 say what they need. */
  @ParameterizedTest
  @EnumSource(names = {"F32", "F16"})
  @OfflineCudnn.NeedsPlans
  void aStepThroughCudnnTakesItsPeakBeforeItBegins(DType type) {
    try (Device device = Device.gpu(SimulatedCudnn::open)) {
      checkStep(device, type, Recompute.NONE);
    }
  }

  private static void checkStep(Device device, DType type, Recompute recompute) {
    Backend backend = device.backend();
    Ssd ssd = TinyTraining.network(backend, type, device.arena());
    StepSettings settings = TinyTraining.settings().with(recompute);
    StepPlan plan = TrainingStep.plan(backend, ssd, Recipe.scratch(), settings);
    TrainingStep step = new TrainingStep(backend, ssd, Recipe.scratch(), settings, device.arena());
    assertThat(device.held().getAsLong()).isEqualTo(plan.peakBytes());
    assertThat(plan.workspaceBytes()).isPositive();

    step.run(TinyTraining.BATCH, TinyTraining.RATE, 0);
    step.finish();
    assertThat(device.held().getAsLong()).isEqualTo(plan.peakBytes());
  }

  @ParameterizedTest
  @EnumSource(names = {"F32", "F16"})
  void detectionOnTheGpuTakesItsPeakBeforeItBegins(DType type) {
    try (Device device = Device.gpu()) {
      StepPlan plan = detect(device, TinyTraining.network(device.backend(), type, device.arena()));
      assertThat(device.held().getAsLong()).isEqualTo(plan.peakBytes());
    }
  }

  /** On the CPU kernels take beside their operands what they need when they first need it. */
  @ParameterizedTest
  @EnumSource(names = {"F32", "F16"})
  void detectionOnTheCpuHasThePlannedPeak(DType type) {
    try (Device device = Device.cpu()) {
      StepPlan plan = detect(device, TinyTraining.network(device.backend(), type, device.arena()));
      assertThat(device.held().getAsLong()).isEqualTo(plan.peakBytes());
      assertThat(plan.workspaceBytes()).isPositive();
    }
  }

  private static StepPlan detect(Device device, Ssd ssd) {
    NmsParams nms = ssd.config().definition().nms();
    StepPlan plan = Detector.plan(device.backend(), ssd, nms, TinyTraining.IMAGES);
    Detector detector =
        new Detector(device.backend(), ssd, nms, TinyTraining.IMAGES, device.arena());
    detector.detect(TinyTraining.IMAGES);
    detector.detect(TinyTraining.IMAGES);
    return plan;
  }
}
