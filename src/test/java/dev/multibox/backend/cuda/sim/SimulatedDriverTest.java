package dev.multibox.backend.cuda.sim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.multibox.backend.cuda.driver.DriverException;
import dev.multibox.backend.cuda.driver.Launch;
import dev.multibox.backend.cuda.sim.report.Counters;
import dev.multibox.backend.cuda.sim.report.SimulatedFault;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class SimulatedDriverTest {
  private static final int COUNT = 4096;

  private static final String HEAD = ".version 8.0\n.target sm_75\n.address_size 64\n";

  private static void load(String body) {
    try (SimulatedDriver driver = SimulatedDriver.open(1)) {
      String ptx = HEAD + ".visible .entry k()\n{\n" + body + "\nret;\n}\n";
      driver.load("k.ptx", ptx.getBytes(StandardCharsets.UTF_8)).kernel("k");
    }
  }

  @Test
  void refusesAnInstructionItDoesNotKnowByNameAndLine() {
    assertThatExceptionOfType(DriverException.class)
        .isThrownBy(() -> load(".reg .b32 %r<4>;\n\nredux.sync.add.s32 %r1, %r2, %r3;"))
        .withMessage(
            "load(name=k.ptx): CUDA_ERROR_INVALID_PTX: "
                + "k.ptx:8: redux.sync.add.s32: the instruction is not simulated");
  }

  @Test
  void refusesPrintf() {
    assertThatExceptionOfType(DriverException.class)
        .isThrownBy(() -> load(".param .b32 r; call.uni (r), vprintf;"))
        .withMessageContaining("k.ptx:6: call: the function vprintf is not simulated");
  }

  @Test
  void namesTheKernelsAModuleHas() {
    try (SimulatedGpu gpu = SimulatedGpu.open(1)) {
      assertThatExceptionOfType(DriverException.class)
          .isThrownBy(() -> gpu.load("kernels/scan").kernel("scan"))
          .withMessage(
              "kernel(module=kernels/scan.ptx, name=scan): CUDA_ERROR_NOT_FOUND: "
                  + "the module has kernels [scan_inclusive, scan_exclusive]");
    }
  }

  @Test
  void reportsTheSameWhateverTheNumberOfThreads() {
    List<String> one = racesOf(1);
    assertThat(one).isNotEmpty();
    for (int i = 0; i < 5; i++) {
      assertThat(racesOf(2)).isNotEmpty().allMatch(report -> report.contains("neighbour_race.cu"));
    }
    assertThat(racesOf(1)).isEqualTo(one);
  }

  private static List<String> racesOf(int threads) {
    try (SimulatedGpu gpu = SimulatedGpu.of(SimulatorSettings.of(3).withThreads(threads))) {
      Launch launch = gpu.launch("faults/neighbour_race", "faulty").grid(64).block(32);
      long x = gpu.floats(new float[COUNT]);
      // Shifts other values each time, so that no store leaves memory as it was.
      Launch set = gpu.launch("faults/host", "add").grid(16).block(128);
      long counting = gpu.floats(counting());
      gpu.run(set.arg(counting).arg(x).arg(2048));
      List<String> reports = new ArrayList<>();
      gpu.faults(launch.arg(x).arg(gpu.empty(4)).arg(2048))
          .forEach(report -> reports.add(report.toString()));
      return reports;
    }
  }

  private static float[] counting() {
    float[] values = new float[COUNT];
    for (int i = 0; i < COUNT; i++) {
      values[i] = i;
    }
    return values;
  }

  @Test
  void twoThreadsCatchOneRacingPairOfBlocks() {
    for (long seed = 1; seed <= 20; seed++) {
      try (SimulatedGpu gpu = SimulatedGpu.of(SimulatorSettings.of(seed).withThreads(2))) {
        Launch launch = gpu.launch("faults/blocks_race", "faulty").grid(2).block(1024);
        assertThat(gpu.faults(launch.arg(gpu.ints(new int[2048])).arg(gpu.ints(new int[4]))))
            .describedAs("seed %d", seed)
            .isNotEmpty();
      }
    }
  }

  @Test
  void aFaultThatNobodyAskedForComesOutAtTheEnd() {
    assertThatExceptionOfType(SimulatedFault.class)
        .isThrownBy(() -> {
          try (SimulatedGpu gpu = SimulatedGpu.open(1)) {
            gpu.launch("faults/same_word_race", "faulty")
                .block(32)
                .arg(gpu.empty(4))
                .run(gpu.stream());
          }
        })
        .withMessageContaining("race within a warp");
  }

  @Test
  void doesNothingAfterAFaultThatEndsALaunch() {
    try (SimulatedGpu gpu = SimulatedGpu.open(1)) {
      Launch launch = gpu.launch("faults/out_of_bounds", "faulty").grid(4).block(32);
      long y = gpu.empty(400);
      launch.arg(gpu.floats(new float[100])).arg(y).arg(100).run(gpu.stream());
      assertThatExceptionOfType(SimulatedFault.class)
          .isThrownBy(() -> gpu.driver().synchronize())
          .withMessageContaining("out of bounds in faulty");
      assertThatExceptionOfType(DriverException.class)
          .isThrownBy(() -> gpu.driver().synchronize())
          .withMessageContaining("a fault ended the work on this device before");
    }
  }

  @Test
  void countsWhatAKernelDoes() {
    try (SimulatedGpu gpu = SimulatedGpu.open(0)) {
      Launch add = gpu.launch("faults/host", "add").grid(COUNT / 128).block(128);
      gpu.run(add.arg(gpu.floats(counting())).arg(gpu.empty(4 * COUNT)).arg(COUNT));
      Counters counters = gpu.driver().counters("add");
      assertThat(counters.blocks).isEqualTo(COUNT / 128);
      // One load and one store per warp, each of 32 words in four sectors of 32 bytes.
      assertThat(counters.globalRequests).isEqualTo(2 * COUNT / 32);
      assertThat(counters.globalBytes).isEqualTo(2L * 4 * COUNT);
      assertThat(counters.sectorsPerRequest()).isEqualTo(4);
      assertThat(counters.divergentBranches).isZero();
      assertThat(counters.laneInstructions).isGreaterThan(10L * COUNT);
    }
  }

  @Test
  void countsStridedAccessesAndBankConflicts() {
    String ptx =
        HEAD
            + """
            .visible .entry k(.param .u64 x, .param .u32 stride)
            {
              .reg .b32 %r<8>; .reg .b64 %rd<4>; .shared .align 4 .b8 s[16384];
              ld.param.u64 %rd1, [x]; ld.param.u32 %r1, [stride];
              mov.u32 %r2, %tid.x; mul.lo.s32 %r3, %r2, %r1; mul.wide.s32 %rd2, %r3, 4;
              add.s64 %rd3, %rd1, %rd2; st.global.u32 [%rd3], %r2;
              shl.b32 %r4, %r3, 2; mov.u32 %r5, s; add.s32 %r6, %r5, %r4;
              st.shared.u32 [%r6], %r2;
              ret;
            }
            """;
    for (int stride : new int[] {1, 2, 32, 33}) {
      try (SimulatedGpu gpu = SimulatedGpu.open(0)) {
        Launch launch =
            Launch.of(gpu.driver().load("k.ptx", ptx.getBytes(StandardCharsets.UTF_8)).kernel("k"));
        gpu.run(launch.block(32).arg(gpu.empty(16384)).arg(stride));
        Counters counters = gpu.driver().counters("k");
        int place = stride;
        long sectors = IntStream.range(0, 32).map(lane -> lane * place / 8).distinct().count();
        long words = IntStream.range(0, 32).map(lane -> lane * place % 32).distinct().count();
        assertThat(counters.globalSectors).isEqualTo(sectors);
        // A stride of 32 puts all lanes in one bank; an odd one puts each in its own.
        assertThat(counters.bankConflicts).isEqualTo(32 / words - 1);
      }
    }
  }

  @Test
  void countsBranchesThatLanesTakeToBothSides() {
    try (SimulatedGpu gpu = SimulatedGpu.open(0)) {
      Launch launch = gpu.launch("kernels/control", "collatz").block(32);
      int[] same = new int[32];
      Arrays.fill(same, 27);
      gpu.run(launch.arg(gpu.ints(same)).arg(gpu.empty(128)));
      assertThat(gpu.driver().counters("collatz").divergentBranches).isZero();
      gpu.run(launch.arg(gpu.ints(IntStream.range(1, 33).toArray())).arg(gpu.empty(128)));
      assertThat(gpu.driver().counters("collatz").divergentBranches).isPositive();
    }
  }
}
