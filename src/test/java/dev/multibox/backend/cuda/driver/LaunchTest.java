package dev.multibox.backend.cuda.driver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.multibox.backend.cuda.sim.SimulatedDriver;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class LaunchTest {
  private static final String PTX =
      """
      .version 8.0
      .target sm_75
      .address_size 64
      .visible .entry store(
        .param .u64 to, .param .u32 i, .param .f32 f, .param .f64 d, .param .u16 h, .param .u8 b,
        .param .align 4 .b8 s[8]
      )
      .maxntid 64, 1, 1
      {
        .reg .b64 %rd<4>; .reg .b32 %r<8>; .reg .b16 %h<4>;
        ld.param.u64 %rd1, [to];
        ld.param.u32 %r1, [i]; st.global.u32 [%rd1], %r1;
        ld.param.u32 %r2, [f]; st.global.u32 [%rd1+4], %r2;
        ld.param.u64 %rd2, [d]; st.global.u64 [%rd1+8], %rd2;
        ld.param.u16 %h1, [h]; st.global.u16 [%rd1+16], %h1;
        ld.param.s8 %h2, [b]; st.global.u16 [%rd1+18], %h2;
        ld.param.v2.u32 {%r3, %r4}, [s]; st.global.u32 [%rd1+20], %r4;
        ret;
      }
      """;

  private final SimulatedDriver driver = SimulatedDriver.open(1);
  private final Stream stream = driver.newStream();
  private final Kernel kernel =
      driver.load("store.ptx", PTX.getBytes(StandardCharsets.UTF_8)).kernel("store");
  private final Launch launch = Launch.of(kernel);

  @AfterEach
  void close() {
    driver.close();
  }

  @Test
  void passesArgumentsOfEveryType() {
    try (Arena arena = Arena.ofConfined()) {
      long to = driver.allocate(24);
      MemorySegment structure = arena.allocateFrom(ValueLayout.JAVA_INT, 5, 6);
      for (int run = 1; run <= 2; run++) {
        launch.arg(to).arg(run).arg(2f).arg(3.0).arg((short) 4).arg((byte) -5).arg(structure);
        launch.run(stream);
        MemorySegment found = arena.allocate(24, 8);
        driver.download(to, found);
        assertThat(found.get(ValueLayout.JAVA_INT, 0)).isEqualTo(run);
        assertThat(found.get(ValueLayout.JAVA_FLOAT, 4)).isEqualTo(2);
        assertThat(found.get(ValueLayout.JAVA_DOUBLE, 8)).isEqualTo(3);
        assertThat(found.get(ValueLayout.JAVA_SHORT, 16)).isEqualTo((short) 4);
        assertThat(found.get(ValueLayout.JAVA_SHORT, 18)).isEqualTo((short) -5);
        assertThat(found.get(ValueLayout.JAVA_INT, 20)).isEqualTo(6);
      }
    }
  }

  @Test
  void refusesAnArgumentOfAnotherType() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> launch.arg(1L).arg(2L))
        .withMessage("store: argument 1 was a long, wanted i (u32, 4 bytes)");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> launch.arg(1f))
        .withMessage("store: argument 0 was a float, wanted to (u64, 8 bytes)");
  }

  @Test
  void refusesAStructureOfAnotherSize() {
    launch.arg(1L).arg(1).arg(2f).arg(3.0).arg((short) 4).arg((byte) 5);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> launch.arg(MemorySegment.ofArray(new int[3])))
        .withMessage("store: argument 6 was a structure of 12 bytes, wanted s (b8, 8 bytes)");
  }

  @Test
  void refusesToRunWithTooFewArgumentsAndStartsAnew() {
    launch.arg(1L).arg(1);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> launch.run(stream))
        .withMessage("store: had 2 arguments, wanted 7; the next is f (f32, 4 bytes)");
    // The next argument is the first again.
    assertThatIllegalArgumentException()
        .isThrownBy(() -> launch.arg(1))
        .withMessage("store: argument 0 was an int, wanted to (u64, 8 bytes)");
  }

  @Test
  void refusesOneArgumentTooMany() {
    launch.arg(1L).arg(1).arg(2f).arg(3.0).arg((short) 4).arg(true);
    launch.arg(MemorySegment.ofArray(new int[2]));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> launch.arg(8))
        .withMessage("store: argument 7 was an int, wanted 7 arguments only");
  }

  @Test
  void refusesGridsAndBlocksNoDeviceRuns() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> launch.grid(1, 65_536, 1))
        .withMessageStartingWith("store: grid was 1 x 65536 x 1, wanted at most");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> launch.grid(0))
        .withMessageStartingWith("store: grid was 0 x 1 x 1");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> launch.block(65))
        .withMessage("store: block was 65 x 1 x 1, wanted at most 64 threads");
  }

  @Test
  void refusesMoreSharedMemoryThanWasAllowed() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> launch.shared(49_153))
        .withMessage("store: dynamic shared memory was 49153 bytes, wanted 0 to 49152");
    kernel.allowDynamicShared(100_000);
    assertThat(launch.shared(100_000).sharedBytes()).isEqualTo(100_000);
    assertThatExceptionOfType(DriverException.class)
        .isThrownBy(() -> kernel.allowDynamicShared(1 << 20))
        .withMessageContaining("CUDA_ERROR_INVALID_VALUE: the device has 232448 bytes");
  }

  @Test
  void keepsTheAddressOfEachArgument() {
    for (int i = 0; i < kernel.parameters().count(); i++) {
      assertThat(launch.addresses().getAtIndex(ValueLayout.ADDRESS, i).address())
          .isEqualTo(launch.values().address() + kernel.parameters().parameters().get(i).offset());
    }
  }

  @Test
  void saysWhatItLaunches() {
    assertThat(launch.grid(2, 3, 4).block(8, 2, 2).shared(16))
        .hasToString("store<<<2 x 3 x 4, 8 x 2 x 2, 16>>>");
  }
}
