package dev.multibox.backend.cuda.sim;

import static org.assertj.core.api.Assertions.assertThat;

import dev.multibox.backend.cuda.driver.KernelModule;
import dev.multibox.backend.cuda.driver.Launch;
import dev.multibox.backend.cuda.sim.report.FaultKind;
import dev.multibox.backend.cuda.sim.report.Report;
import java.util.List;
import java.util.function.BiFunction;
import org.junit.jupiter.api.Test;

/**
 * Each file in {@code src/test/cuda/faults} has a kernel with one planted fault and its twin
 * without: the first is caught and named, whatever the seed, and the second runs clean.
 */
class FaultTest {
  private static final int SEEDS = 5;

  /** Sets grid, block and arguments of either twin. */
  @FunctionalInterface
  private interface Setup extends BiFunction<SimulatedGpu, Launch, Launch> {}

  private static void check(String file, FaultKind kind, String line, Setup setup) {
    for (long seed = 1; seed <= SEEDS; seed++) {
      try (SimulatedGpu gpu = open(seed)) {
        String name = "faults/" + file;
        assertThat(gpu.faults(setup.apply(gpu, gpu.launch(name, "clean"))))
            .describedAs("clean, seed %d", seed)
            .isEmpty();
        List<Report> faults = gpu.faults(setup.apply(gpu, gpu.launch(name, "faulty")));
        assertThat(faults)
            .describedAs("faulty, seed %d", seed)
            .anySatisfy(fault -> {
              assertThat(fault.kind()).isEqualTo(kind);
              assertThat(fault.kernel()).isEqualTo("faulty");
              assertThat(fault.toString()).contains("at %s.cu:%s ".formatted(file, line));
              assertThat(fault.ptxLine()).isPositive();
              assertThat(fault.block()).isNotNull();
              assertThat(fault.thread()).isNotNull();
            })
            .allSatisfy(fault -> assertThat(fault.kind()).isIn(kind, consequence(kind)));
      }
    }
  }

  /** What a fault may bring about besides: who reads too early may read what nobody wrote. */
  private static FaultKind consequence(FaultKind kind) {
    return switch (kind) {
      case RACE_IN_BLOCK -> FaultKind.UNWRITTEN_READ;
      // In place, the lanes of a warp race like the blocks.
      case RACE_BETWEEN_BLOCKS -> FaultKind.RACE_IN_WARP;
      default -> kind;
    };
  }

  private static SimulatedGpu open(long seed) {
    return SimulatedGpu.of(SimulatorSettings.of(seed).withInstructionLimit(1_000_000));
  }

  private static float[] counting(int count) {
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = i;
    }
    return values;
  }

  private static Setup oneBlock(int threads) {
    return (gpu, launch) ->
        launch.block(threads).arg(gpu.floats(counting(threads))).arg(gpu.empty(4L * threads));
  }

  @Test
  void missingSyncwarp() {
    check("missing_syncwarp", FaultKind.RACE_IN_WARP, "8", oneBlock(32));
  }

  @Test
  void missingSyncwarpBetweenReadAndWrite() {
    check("missing_syncwarp_before_write", FaultKind.RACE_IN_WARP, "12", oneBlock(32));
  }

  @Test
  void missingTileSync() {
    check("missing_tile_sync", FaultKind.RACE_IN_WARP, "10", oneBlock(64));
  }

  @Test
  void missingSyncthreads() {
    check(
        "missing_syncthreads",
        FaultKind.RACE_IN_BLOCK,
        "8",
        (gpu, launch) ->
            launch.grid(3).block(256).arg(gpu.floats(counting(768))).arg(gpu.empty(3072)));
  }

  @Test
  void missingSyncthreadsBeforeATileIsUsedAgain() {
    check(
        "missing_second_syncthreads",
        FaultKind.RACE_IN_BLOCK,
        "7",
        (gpu, launch) ->
            launch.block(128).arg(gpu.floats(counting(640))).arg(gpu.empty(512)).arg(5));
  }

  @Test
  void missingNamedBarrier() {
    check("missing_named_barrier", FaultKind.RACE_IN_BLOCK, "8", oneBlock(128));
  }

  @Test
  void raceBetweenBlocks() {
    check(
        "blocks_race",
        FaultKind.RACE_BETWEEN_BLOCKS,
        "6",
        (gpu, launch) ->
            launch.grid(64).block(32).arg(gpu.ints(new int[2048])).arg(gpu.ints(new int[4])));
  }

  @Test
  void raceBetweenNeighbouringBlocks() {
    check(
        "neighbour_race",
        FaultKind.RACE_BETWEEN_BLOCKS,
        "6",
        (gpu, launch) ->
            launch
                .grid(64)
                .block(32)
                .arg(gpu.floats(counting(2048)))
                .arg(gpu.empty(8192))
                .arg(2048));
  }

  @Test
  void missingFence() {
    check(
        "missing_fence",
        FaultKind.RACE_BETWEEN_BLOCKS,
        "16",
        (gpu, launch) ->
            launch
                .grid(20)
                .block(64)
                .arg(gpu.floats(counting(20)))
                .arg(gpu.empty(80))
                .arg(gpu.empty(4)));
  }

  @Test
  void lanesThatStoreDifferentValuesToOneWord() {
    check(
        "same_word_race",
        FaultKind.RACE_IN_WARP,
        "3",
        (gpu, launch) -> launch.block(32).arg(gpu.empty(4)));
  }

  @Test
  void bytesOfOneWord() {
    check(
        "bytes_race",
        FaultKind.RACE_IN_WARP,
        "6",
        (gpu, launch) -> {
          byte[] values = new byte[4096];
          for (int i = 0; i < values.length; i++) {
            values[i] = (byte) i;
          }
          return launch.grid(16).block(256).arg(gpu.bytes(values)).arg(gpu.empty(4096));
        });
  }

  @Test
  void readOnlyLoadInPlace() {
    check(
        "stale_read",
        FaultKind.STALE_READ,
        "5",
        (gpu, launch) -> launch.block(64).arg(gpu.floats(counting(64))));
  }

  @Test
  void outOfBounds() {
    check(
        "out_of_bounds",
        FaultKind.OUT_OF_BOUNDS,
        "6",
        (gpu, launch) ->
            launch.grid(4).block(32).arg(gpu.floats(counting(100))).arg(gpu.empty(400)).arg(100));
  }

  @Test
  void outOfBoundsInSharedMemory() {
    check("out_of_bounds_shared", FaultKind.OUT_OF_BOUNDS, "5", oneBlock(64));
  }

  @Test
  void outOfBoundsInLocalMemory() {
    check(
        "out_of_bounds_local",
        FaultKind.OUT_OF_BOUNDS,
        "6",
        (gpu, launch) -> {
          int[] values = new int[32];
          values[20] = 1000;
          return launch.block(32).arg(gpu.ints(values)).arg(gpu.empty(128));
        });
  }

  @Test
  void misaligned() {
    check(
        "misaligned",
        FaultKind.MISALIGNED,
        "5",
        (gpu, launch) -> launch.block(16).arg(gpu.floats(counting(80))).arg(gpu.empty(256)));
  }

  @Test
  void readOfMemoryNobodyWrote() {
    check("unwritten_read", FaultKind.UNWRITTEN_READ, "7", oneBlock(128));
  }

  @Test
  void barrierInABranch() {
    check("divergent_barrier", FaultKind.DIVERGENT_BARRIER, "7", oneBlock(64));
  }

  @Test
  void barrierThatWarpsPassBy() {
    check("divergent_barrier_warps", FaultKind.DIVERGENT_BARRIER, "6", oneBlock(128));
  }

  @Test
  void barrierInALoopOfUnequalLength() {
    check(
        "divergent_barrier_loop",
        FaultKind.DIVERGENT_BARRIER,
        "9",
        (gpu, launch) -> launch.block(64).arg(gpu.floats(counting(64))).arg(gpu.empty(256)).arg(3));
  }

  @Test
  void shuffleInABranch() {
    check("divergent_shuffle", FaultKind.DIVERGENT_WARP, "5", oneBlock(32));
  }

  @Test
  void shuffleByLanesItDoesNotName() {
    check("wrong_mask", FaultKind.DIVERGENT_WARP, "5", oneBlock(32));
  }

  @Test
  void writeToConstantMemory() {
    try (SimulatedGpu gpu = open(1)) {
      KernelModule module = gpu.load("faults/constant_write");
      Launch launch = Launch.of(module.kernel("add")).block(32);
      assertThat(gpu.faults(launch.arg(gpu.empty(128)))).isEmpty();
      assertThat(gpu.faults(launch.arg(module.address("table"))))
          .singleElement()
          .satisfies(fault -> {
            assertThat(fault.kind()).isEqualTo(FaultKind.READ_ONLY_WRITE);
            assertThat(fault.toString()).contains("constant_write.cu:5", "variable table");
          });
    }
  }

  @Test
  void endlessLoop() {
    check("endless", FaultKind.ENDLESS, "5", (gpu, launch) -> launch.block(32).arg(gpu.ints(0)));
  }

  @Test
  void deadlock() {
    check(
        "deadlock", FaultKind.DEADLOCK, "5", (gpu, launch) -> launch.block(64).arg(gpu.empty(256)));
  }

  @Test
  void failedAssertion() {
    check("assertion", FaultKind.TRAP, "6", oneBlock(32));
  }
}
