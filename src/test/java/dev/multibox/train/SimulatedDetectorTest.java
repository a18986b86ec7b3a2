package dev.multibox.train;

import static org.assertj.core.api.Assertions.assertThat;

import dev.multibox.autograd.StepPlan;
import dev.multibox.backend.Backend;
import dev.multibox.backend.NmsParams;
import dev.multibox.backend.cpu.CpuBackend;
import dev.multibox.backend.cuda.CudaBackend;
import dev.multibox.backend.cuda.sim.CountingDriver;
import dev.multibox.backend.cuda.sim.HostConvolution;
import dev.multibox.backend.cuda.sim.SimulatedDriver;
import dev.multibox.data.Sample;
import dev.multibox.model.Detection;
import dev.multibox.model.Detector;
import dev.multibox.model.Ssd;
import dev.multibox.tensor.DType;
import dev.multibox.tensor.TensorArena;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Detection with ssd-tiny, from decoded images to boxes, on the simulated GPU and on the CPU. */
class SimulatedDetectorTest {
  private static final int SIZE = TinyTraining.SIZE;
  private static final int BATCH = 2;

  /** Whole batches, and the smaller one that ends a data set, over and over. */
  private static final List<Integer> BATCHES = List.of(2, 2, 1, 2, 1, 1);

  private static final List<Sample> SAMPLES = TrainingStepTimer.randomBatch(7, SIZE).samples();

  /** A detector with all that it needs. */
  private record Setup(Detector detector, ImageBatch images, Ssd ssd, StepPlan plan) {
    static Setup of(Backend backend, DType type, TensorArena arena) {
      Ssd ssd = TinyTraining.network(backend, type, arena);
      TinyTraining.spread(ssd);
      NmsParams nms = ssd.config().definition().nms().withTopK(20);
      StepPlan plan = Detector.plan(backend, ssd, nms, BATCH);
      Detector detector =
          new Detector(backend, ssd, nms, BATCH, plan.allocate(backend, arena), arena);
      long bytes = BATCH * TensorArena.padded(3L * SIZE * SIZE);
      return new Setup(detector, new ImageBatch(backend, bytes, arena), ssd, plan);
    }

    List<List<Detection>> detect(int first, int count) {
      images.prepare(
          SAMPLES.subList(first, first + count),
          ssd.config().definition().normalisation(),
          detector.images(count));
      return detector.detect(count);
    }
  }

  private static CudaBackend simulated(long seed) {
    return CudaBackend.open(SimulatedDriver.open(seed), HostConvolution::open);
  }

  /** What is found in images of several sizes of batch, one after the other. */
  private static List<List<Detection>> run(Backend backend, DType type) {
    try (TensorArena arena = backend.newArena()) {
      Setup setup = Setup.of(backend, type, arena);
      long allocated = arena.allocatedBytes();
      List<List<Detection>> found = new ArrayList<>();
      int first = 0;
      for (int count : BATCHES) {
        found.addAll(setup.detect(first, count));
        first = (first + 1) % (SAMPLES.size() - BATCH);
      }
      assertThat(arena.allocatedBytes()).isEqualTo(allocated);
      return found;
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"F32", "F16"})
  void graphsFindWhatIsFoundKernelByKernel(DType type) {
    try (Backend graphs = simulated(1);
        Backend eager = simulated(2).withoutGraphs()) {
      List<List<Detection>> found = run(graphs, type);

      assertThat(found)
          .isEqualTo(run(eager, type))
          .hasSize(9)
          .allSatisfy(each -> assertThat(each).isNotEmpty());
      assertThat(found.get(0)).isNotEqualTo(found.get(1));
    }
  }

  @Test
  void aBatchOfAnySizeFindsWhatIsFoundAlone() {
    try (Backend cpu = CpuBackend.open();
        TensorArena arena = cpu.newArena()) {
      List<List<Detection>> found = run(cpu, DType.F32);
      Setup setup = Setup.of(cpu, DType.F32, arena);
      assertThat(setup.detect(2, 1)).isEqualTo(found.subList(4, 5));
      assertThat(setup.detect(4, 1)).isEqualTo(found.subList(7, 8));
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"F32", "F16"})
  void detectionWaitsOnceAndAllocatesNothing(DType type) {
    SimulatedDriver simulated = SimulatedDriver.open(1);
    CountingDriver driver = new CountingDriver(simulated);
    try (Backend backend =
            CudaBackend.open(
                driver,
                setting ->
                    HostConvolution.open(simulated, CountingDriver.inner(setting.stream())));
        TensorArena arena = backend.newArena()) {
      Setup setup = Setup.of(backend, type, arena);
      for (int i = 0; i < 3; i++) {
        setup.detect(i, BATCH);
      }
      CountingDriver.Counts before = driver.counts();
      SimulatedDriver.Moved movedBefore = simulated.moved();
      setup.detect(3, BATCH);
      CountingDriver.Counts of = driver.counts().since(before);
      SimulatedDriver.Moved moved = simulated.moved().since(movedBefore);
      System.out.printf(
          Locale.ROOT,
          "%s detection by ssd-tiny, %d images of %d: %d graph, %d kernel before it; in the graph"
              + " %d kernels and %d convolutions and fills; kernels moved %.2f MB, the others %.2f"
              + " MB; %d host waits, %d allocations%n",
          type,
          BATCH,
          SIZE,
          of.graphs(),
          of.kernels(),
          of.graphKernels(),
          of.graphOthers(),
          moved.kernels() / 1e6,
          moved.others() / 1e6,
          of.waits(),
          of.allocations());

      // Where detections are read.
      assertThat(of.waits()).isEqualTo(1);
      assertThat(of.allocations()).isZero();
      assertThat(of.graphs()).isEqualTo(1);
      // Preparing the images.
      assertThat(of.kernels()).isEqualTo(1);
      assertThat(of.graphKernels()).isEqualTo(11);
      assertThat(of.graphOthers()).isEqualTo(15);
    }
  }
}
