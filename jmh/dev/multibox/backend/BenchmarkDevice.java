package dev.multibox.backend;

import dev.multibox.backend.cpu.CpuBackend;
import dev.multibox.backend.cpu.CpuConvolution;
import dev.multibox.backend.cuda.CudaBackend;
import dev.multibox.backend.cuda.driver.CudaSystem;
import java.io.IOException;
import java.io.UncheckedIOException;

/** Opens the device that benchmarks are asked to run on. */
final class BenchmarkDevice {
  private static final String CUDA = "cuda";

  private BenchmarkDevice() {}

  /**
   * The backend that {@code -p device=} names.
   *
   * @throws IllegalArgumentException in one line, if there is none of that name here
   */
  static Backend open(String device) {
    return switch (device) {
      case "cpu" -> CpuBackend.open();
      case "cpu-direct" ->
          CpuBackend.open(Runtime.getRuntime().availableProcessors(), CpuConvolution.DIRECT);
      default -> gpu(device);
    };
  }

  private static Backend gpu(String device) {
    if (!device.matches("cuda(:\\d{1,4})?")) {
      throw refused(device, "wanted cpu, cpu-direct, cuda or cuda:N");
    }
    CudaSystem system = CudaSystem.find();
    if (!system.isUsable()) {
      throw refused(device, system.problems().getFirst() + "; or take -p device=cpu");
    }
    int ordinal = device.equals(CUDA) ? 0 : Integer.parseInt(device.substring(CUDA.length() + 1));
    if (ordinal >= system.devices().size()) {
      throw refused(device, "the last GPU is cuda:" + (system.devices().size() - 1));
    }
    try {
      return CudaBackend.open(ordinal, false);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Without a stack trace, which JMH would print below the line. */
  private static IllegalArgumentException refused(String device, String why) {
    IllegalArgumentException refused =
        new IllegalArgumentException("-p device=%s: %s".formatted(device, why));
    refused.setStackTrace(new StackTraceElement[0]);
    return refused;
  }
}
