package dev.multibox.cli;

import dev.multibox.backend.Backend;
import dev.multibox.backend.cpu.CpuBackend;
import java.io.PrintWriter;

/** Opens the backend that {@code --device} names; the one place that picks one. */
final class Devices {
  private static final String NO_CUDA = "this build has no CUDA backend";

  private Devices() {}

  /**
   * The backend, said on {@code console}.
   *
   * @param device {@code auto}, {@code cpu} or {@code cuda[:N]}
   */
  static Backend open(String device, PrintWriter console) {
    if (device.matches("cuda(:\\d+)?")) {
      throw UserError.of("--device %s: %s; use --device cpu", device, NO_CUDA);
    }
    if (!device.equals("cpu") && !device.equals("auto")) {
      throw UserError.of("--device: was '%s', wanted auto, cpu or cuda[:N]", device);
    }
    Backend backend = CpuBackend.open();
    console.println(
        "device  "
            + backend.description()
            + (device.equals("auto") ? " (no GPU: " + NO_CUDA + ")" : ""));
    console.flush();
    return backend;
  }
}
