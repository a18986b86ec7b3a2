package dev.multibox.backend.cuda.sim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.multibox.backend.cuda.driver.DriverException;
import dev.multibox.backend.cuda.driver.Event;
import dev.multibox.backend.cuda.driver.Graph;
import dev.multibox.backend.cuda.driver.Launch;
import dev.multibox.backend.cuda.driver.Stream;
import dev.multibox.backend.cuda.sim.report.FaultKind;
import dev.multibox.backend.cuda.sim.report.Report;
import dev.multibox.backend.cuda.sim.report.SimulatedFault;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/** Streams, events and graphs keep the order they promise, and no other. */
class StreamTest {
  private static final int SEEDS = 8;
  private static final int COUNT = 2048;

  private static void overSeeds(Consumer<SimulatedGpu> body) {
    SimulatedDriver.overSeeds(SEEDS, driver -> body.accept(loaded(SimulatedGpu.of(driver))));
  }

  /** A module must be loaded before a capture. */
  private static SimulatedGpu loaded(SimulatedGpu gpu) {
    gpu.load("faults/host");
    return gpu;
  }

  /** {@code y = x + 1}. */
  private static void add(SimulatedGpu gpu, Stream stream, long x, long y) {
    launch(gpu, x, y, COUNT).run(stream);
  }

  private static Launch launch(SimulatedGpu gpu, long x, long y, int count) {
    Launch launch = gpu.launch("faults/host", "add").grid(COUNT / 128).block(128);
    return launch.arg(x).arg(y).arg(count);
  }

  private static FaultKind onlyKind(List<Report> faults) {
    assertThat(faults).isNotEmpty();
    assertThat(faults).extracting(Report::kind).containsOnly(faults.getFirst().kind());
    return faults.getFirst().kind();
  }

  @Test
  void reportsARaceBetweenTwoStreams() {
    overSeeds(gpu -> {
      Stream other = gpu.driver().newStream();
      long x = gpu.floats(new float[COUNT]);
      long y = gpu.empty(4 * COUNT);
      long z = gpu.empty(4 * COUNT);
      add(gpu, gpu.stream(), x, y);
      add(gpu, other, x, z);
      assertThat(gpu.driver().takeReports()).isEmpty();
      add(gpu, gpu.stream(), x, y);
      add(gpu, other, x, y);
      // Both store the same values; not so when one reads what the other stores.
      assertThat(gpu.driver().takeReports()).isEmpty();
      gpu.driver().synchronize();
      add(gpu, gpu.stream(), x, y);
      add(gpu, other, y, z);
      List<Report> faults = gpu.driver().takeReports();
      assertThat(onlyKind(faults)).isEqualTo(FaultKind.RACE_BETWEEN_STREAMS);
      assertThat(faults.getFirst().kernel()).isEqualTo("add");
      assertThat(faults.getFirst().source().toString()).isEqualTo("host.cu:4");
      assertThat(faults.getFirst().thread()).isNotNull();
    });
  }

  @Test
  void anEventOrdersTwoStreams() {
    overSeeds(gpu -> {
      Stream other = gpu.driver().newStream();
      Event ready = gpu.driver().newEvent();
      long x = gpu.floats(new float[COUNT]);
      long y = gpu.empty(4 * COUNT);
      long z = gpu.empty(4 * COUNT);
      add(gpu, gpu.stream(), x, y);
      gpu.stream().record(ready);
      other.waitFor(ready);
      add(gpu, other, y, z);
      gpu.driver().synchronize();
      assertThat(gpu.floats(z, COUNT)).containsOnly(2);
    });
  }

  @Test
  void anEventHoldsNothingUpThatFollowsIt() {
    overSeeds(gpu -> {
      Stream other = gpu.driver().newStream();
      Event early = gpu.driver().newEvent();
      long x = gpu.floats(new float[COUNT]);
      long y = gpu.empty(4 * COUNT);
      long z = gpu.empty(4 * COUNT);
      gpu.stream().record(early);
      add(gpu, gpu.stream(), x, y);
      other.waitFor(early);
      add(gpu, other, y, z);
      assertThat(gpu.driver().takeReports())
          .extracting(Report::kind)
          .contains(FaultKind.RACE_BETWEEN_STREAMS);
    });
  }

  @Test
  void waitingOnTheHostOrdersStreams() {
    overSeeds(gpu -> {
      Stream other = gpu.driver().newStream();
      long x = gpu.floats(new float[COUNT]);
      long y = gpu.empty(4 * COUNT);
      add(gpu, gpu.stream(), x, y);
      gpu.stream().synchronize();
      add(gpu, other, y, x);
      gpu.driver().synchronize();
      assertThat(gpu.floats(x, COUNT)).containsOnly(2);
    });
  }

  @Test
  void reportsACopyThatRacesWithAKernel() {
    overSeeds(gpu -> {
      try (Arena arena = Arena.ofShared()) {
        Stream copies = gpu.driver().newStream();
        MemorySegment pinned = gpu.driver().allocatePinned(4 * COUNT, arena);
        long x = gpu.floats(new float[COUNT]);
        long y = gpu.empty(4 * COUNT);
        add(gpu, gpu.stream(), x, y);
        copies.upload(pinned, x);
        List<Report> faults = gpu.driver().takeReports();
        assertThat(onlyKind(faults)).isEqualTo(FaultKind.RACE_BETWEEN_STREAMS);
      }
    });
  }

  @Test
  void twoBuffersAndTwoEventsLetCopiesAndKernelsOverlap() {
    overSeeds(gpu -> {
      try (Arena arena = Arena.ofShared()) {
        Stream copies = gpu.driver().newStream();
        MemorySegment[] pinned = new MemorySegment[2];
        long[] x = new long[2];
        Event[] uploaded = new Event[2];
        Event[] used = new Event[2];
        for (int i = 0; i < 2; i++) {
          pinned[i] = gpu.driver().allocatePinned(4 * COUNT, arena);
          x[i] = gpu.empty(4 * COUNT);
          uploaded[i] = gpu.driver().newEvent();
          used[i] = gpu.driver().newEvent();
        }
        long y = gpu.empty(4 * COUNT);
        for (int step = 0; step < 6; step++) {
          int i = step % 2;
          uploaded[i].synchronize();
          for (int k = 0; k < COUNT; k++) {
            pinned[i].setAtIndex(ValueLayout.JAVA_FLOAT, k, step);
          }
          copies.waitFor(used[i]);
          copies.upload(pinned[i], x[i]);
          copies.record(uploaded[i]);
          gpu.stream().waitFor(uploaded[i]);
          add(gpu, gpu.stream(), x[i], y);
          gpu.stream().record(used[i]);
        }
        gpu.driver().synchronize();
        assertThat(gpu.floats(y, COUNT)).containsOnly(6);
      }
    });
  }

  @Test
  void aCopyTakesPinnedMemoryAsItIsWhenItsTurnComes() {
    try (SimulatedGpu gpu = SimulatedGpu.open(1);
        Arena arena = Arena.ofShared()) {
      MemorySegment pinned = gpu.driver().allocatePinned(4, arena);
      long x = gpu.empty(4);
      pinned.set(ValueLayout.JAVA_FLOAT, 0, 1);
      gpu.stream().upload(pinned, x);
      pinned.set(ValueLayout.JAVA_FLOAT, 0, 2);
      assertThat(gpu.floats(x, 1)).containsExactly(2);
    }
  }

  @Test
  void refusesCopiesFromMemoryThatIsNotPinned() {
    try (SimulatedGpu gpu = SimulatedGpu.open(1)) {
      long x = gpu.empty(4);
      assertThatIllegalArgumentException()
          .isThrownBy(() -> gpu.stream().upload(MemorySegment.ofArray(new float[1]), x))
          .withMessage("upload: the host memory is not pinned");
    }
  }

  @Test
  void reportsUseAfterFree() {
    overSeeds(gpu -> {
      long x = gpu.floats(new float[COUNT]);
      long y = gpu.empty(4 * COUNT);
      gpu.driver().free(x);
      add(gpu, gpu.stream(), x, y);
      List<Report> faults = gpu.driver().takeReports();
      assertThat(onlyKind(faults)).isEqualTo(FaultKind.USE_AFTER_FREE);
      assertThat(faults.getFirst().source().toString()).isEqualTo("host.cu:4");
    });
  }

  @Test
  void reportsADownloadOfMemoryNobodyWrote() {
    try (SimulatedGpu gpu = SimulatedGpu.open(1)) {
      long x = gpu.empty(16);
      assertThatExceptionOfType(SimulatedFault.class)
          .isThrownBy(() -> gpu.floats(x, 4))
          .withMessageContaining("read of memory nobody wrote in download(source=0x");
    }
  }

  @Test
  void freesWhatWasAllocatedOnce() {
    try (SimulatedGpu gpu = SimulatedGpu.open(1)) {
      long before = gpu.driver().freeBytes();
      long x = gpu.empty(1000);
      assertThat(x % 256).isZero();
      assertThat(gpu.driver().freeBytes()).isEqualTo(before - 1000);
      gpu.driver().free(x);
      assertThat(gpu.driver().freeBytes()).isEqualTo(before);
      assertThatExceptionOfType(DriverException.class)
          .isThrownBy(() -> gpu.driver().free(x))
          .withMessageStartingWith("free(address=0x");
      assertThatExceptionOfType(DriverException.class)
          .isThrownBy(() -> gpu.driver().allocate(1L << 40))
          .matches(DriverException::isOutOfMemory);
    }
  }

  @Test
  void replaysAGraph() {
    overSeeds(gpu -> {
      long x = gpu.floats(new float[COUNT]);
      long y = gpu.empty(4 * COUNT);
      Graph graph =
          gpu.stream()
              .capture(() -> {
                assertThat(gpu.stream().isCapturing()).isTrue();
                add(gpu, gpu.stream(), x, y);
                add(gpu, gpu.stream(), y, x);
              });
      assertThat(graph.size()).isEqualTo(2);
      assertThat(gpu.floats(x, COUNT)).containsOnly(0);
      for (int i = 0; i < 3; i++) {
        gpu.stream().launch(graph);
      }
      gpu.stream().synchronize();
      assertThat(gpu.floats(x, COUNT)).containsOnly(6);
    });
  }

  @Test
  void capturesABranchThatEventsJoin() {
    overSeeds(gpu -> {
      Stream other = gpu.driver().newStream();
      Event fork = gpu.driver().newEvent();
      Event join = gpu.driver().newEvent();
      long x = gpu.floats(new float[COUNT]);
      long y = gpu.empty(4 * COUNT);
      long z = gpu.empty(4 * COUNT);
      Graph graph =
          gpu.stream()
              .capture(() -> {
                gpu.stream().fill(y, 4 * COUNT, (byte) 0);
                gpu.stream().record(fork);
                other.waitFor(fork);
                add(gpu, other, y, z);
                other.record(join);
                add(gpu, gpu.stream(), y, x);
                gpu.stream().waitFor(join);
                add(gpu, gpu.stream(), z, y);
              });
      assertThat(other.isCapturing()).isFalse();
      gpu.stream().launch(graph);
      gpu.stream().synchronize();
      assertThat(gpu.floats(y, COUNT)).containsOnly(2);
    });
  }

  @Test
  void reportsARaceBetweenBranchesOfAGraph() {
    overSeeds(gpu -> {
      Stream other = gpu.driver().newStream();
      Event fork = gpu.driver().newEvent();
      Event join = gpu.driver().newEvent();
      long x = gpu.floats(new float[COUNT]);
      long y = gpu.floats(new float[COUNT]);
      Graph graph =
          gpu.stream()
              .capture(() -> {
                gpu.stream().record(fork);
                other.waitFor(fork);
                add(gpu, other, x, y);
                other.record(join);
                add(gpu, gpu.stream(), y, x);
                gpu.stream().waitFor(join);
              });
      gpu.stream().launch(graph);
      assertThat(onlyKind(gpu.driver().takeReports())).isEqualTo(FaultKind.RACE_BETWEEN_STREAMS);
    });
  }

  @Test
  void refusesToEndACaptureWithABranchLeftOpen() {
    try (SimulatedGpu gpu = loaded(SimulatedGpu.open(1))) {
      Stream other = gpu.driver().newStream();
      Event fork = gpu.driver().newEvent();
      long x = gpu.floats(new float[COUNT]);
      assertThatExceptionOfType(DriverException.class)
          .isThrownBy(() ->
              gpu.stream()
                  .capture(() -> {
                    gpu.stream().record(fork);
                    other.waitFor(fork);
                    add(gpu, other, x, x);
                  }))
          .withMessageContaining("CUDA_ERROR_STREAM_CAPTURE_UNJOINED");
      assertThat(other.isCapturing()).isFalse();
    }
  }

  @Test
  void refusesWhatCannotBeCaptured() {
    try (SimulatedGpu gpu = SimulatedGpu.open(1)) {
      assertThatExceptionOfType(DriverException.class)
          .isThrownBy(() -> gpu.stream().capture(() -> gpu.driver().allocate(64)))
          .withMessage(
              "allocate(bytes=64): CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED: it cannot be captured");
      assertThat(gpu.stream().isCapturing()).isFalse();
    }
  }

  @Test
  void anotherThreadMayAllocateAndCopyDuringACapture() throws InterruptedException {
    try (SimulatedGpu gpu = SimulatedGpu.open(1)) {
      long[] found = new long[1];
      Thread loader = new Thread(() -> found[0] = gpu.floats(1, 2, 3));
      Graph graph =
          gpu.stream()
              .capture(() -> {
                loader.start();
                try {
                  loader.join();
                } catch (InterruptedException e) {
                  throw new IllegalStateException(e);
                }
              });
      assertThat(graph.size()).isZero();
      assertThat(gpu.floats(found[0], 3)).containsExactly(1, 2, 3);
    }
  }

  @Test
  void tellsTheTimeBetweenEvents() {
    try (SimulatedGpu gpu = SimulatedGpu.open(1)) {
      Event start = gpu.driver().newEvent();
      Event end = gpu.driver().newEvent();
      long x = gpu.floats(new float[COUNT]);
      gpu.stream().record(start);
      add(gpu, gpu.stream(), x, x);
      gpu.stream().record(end);
      assertThatExceptionOfType(DriverException.class)
          .isThrownBy(() -> end.millisSince(start))
          .withMessageContaining("CUDA_ERROR_NOT_READY");
      end.synchronize();
      assertThat(end.isDone()).isTrue();
      assertThat(end.millisSince(start)).isPositive();
    }
  }

  @Test
  void addressesMoreThanTwoToThe31Elements() {
    try (SimulatedGpu gpu = SimulatedGpu.open(1)) {
      long elements = (1L << 31) + COUNT;
      long x = gpu.empty(4 * elements);
      gpu.stream().fill(x, 4 * elements, (byte) 0);
      long end = x + 4 * (elements - COUNT);
      add(gpu, gpu.stream(), x, end);
      gpu.stream().synchronize();
      assertThat(gpu.floats(end, COUNT)).containsOnly(1);
      assertThat(gpu.floats(end - 4, 1)).containsExactly(0);
    }
  }
}
