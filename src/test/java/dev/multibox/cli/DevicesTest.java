package dev.multibox.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.multibox.backend.Backend;
import dev.multibox.backend.cpu.CpuBackend;
import dev.multibox.backend.cuda.driver.CudaSystem;
import dev.multibox.backend.cuda.driver.DeviceProperties;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Which backend is taken on which machine, and what the user is told. */
class DevicesTest {
  private static final DeviceProperties GPU =
      new DeviceProperties(
          "NVIDIA H200", 9, 0, 13_000, 132, 2048, 1024, 49_152, 232_448, 1, 150_754_820_096L);

  private final StringWriter said = new StringWriter();
  private int opened = -1;
  private boolean openedInTf32;

  private void open(String device, CudaSystem system) {
    open(device, "fp32", system);
  }

  private void open(String device, String precision, CudaSystem system) {
    Devices.Choice choice =
        new Devices.Choice(
            () -> system,
            (ordinal, tf32) -> {
              opened = ordinal;
              openedInTf32 = tf32;
              return CpuBackend.open(1);
            });
    try (Backend _ = Devices.open(device, precision, new PrintWriter(said), choice)) {
      // It is only looked at which one was opened.
    }
  }

  private static CudaSystem gpus(int count) {
    return new CudaSystem(null, Collections.nCopies(count, GPU), List.of());
  }

  private static CudaSystem none() {
    return new CudaSystem(
        null,
        List.of(),
        List.of("NVIDIA driver: libcuda.so.1 is nowhere to be found; install it", "cuDNN: none"));
  }

  @Test
  void autoTakesTheFirstGpuAndSaysSo() {
    open("auto", gpus(1));
    assertThat(opened).isZero();
    assertThat(said.toString())
        .startsWith("device  ")
        .contains(" (there is a GPU; --device cpu computes without it)");
    open("auto", gpus(2));
    assertThat(said.toString()).contains(" (the first GPU; --device cuda:1 takes another");
  }

  @Test
  void autoTakesTheCpuAndSaysWhy() {
    open("auto", none());
    assertThat(opened).isEqualTo(-1);
    assertThat(said.toString())
        .contains(" (no GPU: NVIDIA driver: libcuda.so.1 is nowhere to be found)")
        .doesNotContain("install it", "cuDNN");
  }

  @Test
  void takesTheGpuThatIsNamed() {
    open("cuda", gpus(2));
    assertThat(opened).isZero();
    open("cuda:1", gpus(2));
    assertThat(opened).isEqualTo(1);
    open("cpu", gpus(2));
    assertThat(said.toString().lines().toList().getLast()).doesNotContain("GPU");
  }

  @Test
  void refusesAGpuThatIsNotThere() {
    assertRefused("cuda:2", gpus(2), "--device cuda:2: there are 2 GPUs, wanted cuda:0 to cuda:1");
    assertRefused("cuda:1", gpus(1), "--device cuda:1: there is one GPU, wanted cuda:0");
    assertRefused(
        "cuda",
        none(),
        "--device cuda: NVIDIA driver: libcuda.so.1 is nowhere to be found; install it; or use"
            + " --device cpu ('multibox info' says more)");
    assertRefused("gpu", gpus(1), "--device: was 'gpu', wanted auto, cpu or cuda[:N]");
  }

  @Test
  void roundsToTf32WhereThatIsAsked() {
    open("auto", "tf32", gpus(1));
    assertThat(openedInTf32).isTrue();
    open("cuda:1", "tf32", gpus(2));
    assertThat(openedInTf32).isTrue();
    open("cuda", "amp", gpus(1));
    assertThat(openedInTf32).isFalse();
    open("cuda", "fp32", gpus(1));
    assertThat(openedInTf32).isFalse();
  }

  @Test
  void refusesTf32WhereThereIsNone() {
    String refusal = "--precision tf32: needs a GPU; the CPU computes in fp32, or in amp to try it";
    assertRefused("cpu", "tf32", gpus(1), refusal);
    assertRefused(
        "auto",
        "tf32",
        none(),
        refusal + " (no GPU: NVIDIA driver: libcuda.so.1 is nowhere to be found)");
    DeviceProperties turing =
        new DeviceProperties("Tesla T4", 7, 5, 13_000, 40, 1024, 1024, 49_152, 65_536, 1, 1L << 34);
    CudaSystem old = new CudaSystem(null, List.of(turing), List.of());
    assertRefused(
        "auto",
        "tf32",
        old,
        "--precision tf32: needs compute capability 8.0, Tesla T4 has 7.5; name fp32 or amp");
    open("auto", "amp", old);
    assertThat(opened).isZero();
    assertThat(said.toString()).doesNotContain("tf32");
  }

  private void assertRefused(String device, CudaSystem system, String message) {
    assertRefused(device, "fp32", system, message);
  }

  private void assertRefused(String device, String precision, CudaSystem system, String message) {
    assertThatExceptionOfType(UserError.class)
        .isThrownBy(() -> open(device, precision, system))
        .withMessage(message);
    assertThat(opened).isEqualTo(-1);
  }

  @Test
  void aGpuThatDoesNotOpenIsNoReasonToTakeAnother() {
    Devices.Choice choice =
        new Devices.Choice(
            () -> gpus(1),
            (_, _) -> {
              throw new IOException("JCuda: broken");
            });
    assertThatExceptionOfType(UncheckedIOException.class)
        .isThrownBy(() -> Devices.open("auto", "fp32", new PrintWriter(said), choice))
        .withMessageContaining("JCuda: broken");
    assertThat(said.toString()).isEmpty();
  }

  @Test
  void infoShowsEachGpuOrWhyThereIsNone() {
    assertThat(GpuReport.facts(gpus(2)))
        .containsEntry(
            "GPU 1",
            "NVIDIA H200, compute capability 9.0, 132 multiprocessors, 143,771 MiB, driver of CUDA"
                + " 13.0")
        .containsOnlyKeys("GPU 0", "GPU 1");
    assertThat(GpuReport.facts(none()))
        .containsEntry(
            "GPU", "none: NVIDIA driver: libcuda.so.1 is nowhere to be found; install it");
    CudaSystem unusable = new CudaSystem(null, List.of(GPU), List.of("cuDNN: none"));
    assertThat(GpuReport.facts(unusable))
        .containsEntry("GPU", "not usable: cuDNN: none")
        .containsKey("GPU 0");
  }
}
